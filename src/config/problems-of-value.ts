import type { z } from 'zod'
import type { ConfigProblem } from './config-error.ts'
import type { Setting } from './setting.ts'

/** Says in our words what the schema found wrong with a value. The value of a secret is never repeated. */
export function problemsOfValue(
  name: string,
  entry: Setting,
  given: { readonly value: unknown; readonly from: string },
  error: z.ZodError,
): ConfigProblem[] {
  const { value, from } = given
  if (entry.secret && typeof value === 'function') {
    const message = 'must be the value itself; only countersign.config.ts may hold a function that fetches it'
    return [{ setting: name, message, from }]
  }
  const said = new Map<string, ConfigProblem>()
  for (const issue of error.issues) {
    for (const { path, message } of partsOf(issue)) {
      const setting = [name, ...path].join('.')
      const speaksOfValue = message.startsWith('must be') && !entry.secret && !entry.holdsSecrets
      const shown = speaksOfValue ? shownValue(value, path) : ''
      said.set(`${setting} ${message}`, { setting, message: `${message}${shown}`, from })
    }
  }
  return [...said.values()]
}

interface Part {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What the schema language reports about names and not about values speaks of the wrong thing: say it of the name. */
function partsOf(issue: z.core.$ZodIssue): Part[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a setting' }))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path: issue.path, message }))
  }
  return [{ path: issue.path, message: issue.message }]
}

/** The refused value, if it is short enough to help; of a URL without whom and by which password. */
function shownValue(value: unknown, path: readonly PropertyKey[]): string {
  const at = path.reduce<unknown>((whole, key) => (isRecord(whole) ? whole[key] : undefined), value)
  if (typeof at === 'function' || typeof at === 'object') return at === null ? ', not null' : ''
  const text = at === undefined ? 'nothing' : JSON.stringify(at)
  return text === undefined || text.length > 60 ? '' : `, not ${text.replace(/\/\/.*@/, '//***@')}`
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}
