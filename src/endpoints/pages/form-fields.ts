import { AuthError } from '../../errors/auth-error.ts'
import type { FieldProblem } from '../../errors/refusal.ts'
import type { Form } from './page-route.ts'

/** What a form must hold: the longest that each field may be, in characters, and which of them may be left empty. */
export interface FieldRules {
  readonly [name: string]: { readonly most: number; readonly optional?: true }
}

type FieldsOf<Rules extends FieldRules> = {
  readonly [Name in keyof Rules]: Rules[Name] extends { readonly optional: true }
    ? string | undefined
    : string
}

/**
 * The fields of a form, and no others: what else it holds reaches nothing (rule G-10). An empty field counts as left
 * out. Throws `REQUEST_INVALID` with every problem. `others` are fields that something else reads, judged here together
 * with the rest so that nobody is told of one problem after the other.
 */
export function readFields<const Rules extends FieldRules>(
  form: Form,
  rules: Rules,
  others: FieldRules = {},
): FieldsOf<Rules> {
  const problems: FieldProblem[] = []
  const fields: Record<string, string | undefined> = {}
  for (const [name, { most, optional }] of Object.entries({ ...rules, ...others })) {
    const value = Object.hasOwn(form, name) && form[name] !== '' ? form[name] : undefined
    if (Object.hasOwn(rules, name)) fields[name] = value
    if (value === undefined) {
      if (optional !== true) problems.push({ field: name, message: 'Must not be empty.', reason: 'empty' })
    } else if (value.length > most) {
      problems.push({ field: name, message: `At most ${most} characters.`, reason: 'too_long', limit: most })
    }
  }
  if (problems.length > 0) throw new AuthError('REQUEST_INVALID', { fields: problems })
  return fields as FieldsOf<Rules>
}
