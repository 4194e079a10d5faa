import type { Facts } from '../../facts.ts'
import { header, requestOf } from '../../http-facts.ts'

/** What stands for nothing: a value that was not there yet, or a template that nobody filled in. */
export const NOTHING =
  /^(?:undefined|null|nan|none|nil|false|true|\[object \w+\]|\$\{?\w*\}?|\{\{.*\}\}|\{[\w.]*\}|<[\w -]+>|\[[\w -]+\]|:\w+|%\w+%|%![a-z]\(.*\)|(?:process|import\.meta)\.env\.\w+|your[_-]\w+|string|token)$/i

export const scheme = ({ config }: Facts): string => config.scheme ?? 'Bearer'

/** The Authorization value in question, and whose view it is. */
export function authorization(facts: Facts): string | undefined {
  const value = header(facts.exchange && requestOf(facts.exchange), 'authorization')
  if (value !== undefined) return value
  const pasted = facts.evidence.tokens?.[0]?.text
  return pasted !== undefined && /^\s*(?:bearer|jwt|token)[:\s]/i.test(pasted) ? pasted.trim() : undefined
}
