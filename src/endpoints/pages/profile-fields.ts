import type { ProfileSchema } from '../../model/profile.ts'
import { formNameOf, type ProfileField } from '../../pages/profile.ts'
import type { FieldRules } from './form-fields.ts'
import type { Form } from './page-route.ts'

interface PropertySchema {
  readonly type?: unknown
  readonly title?: unknown
  readonly description?: unknown
  readonly format?: unknown
  readonly enum?: unknown
  readonly maxLength?: unknown
  readonly readOnly?: unknown
}

const LONGEST = 1000
const FORMATS = { email: 'email', uri: 'url', date: 'date' } as const

/**
 * The fields of a profile that a form can hold, by the JSON Schema of the application's own schema: texts, numbers, yes or
 * no, and one of a few. What is deeper, or `readOnly`, is the application's to edit; without a JSON Schema that is all.
 */
export function profileFieldsOf(schema: ProfileSchema | undefined): ProfileField[] {
  const described = schema?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  const properties = (described?.properties ?? {}) as Readonly<Record<string, PropertySchema>>
  const required = (described?.required ?? []) as readonly string[]
  return Object.entries(properties).flatMap(([name, property]) => {
    const kind = kindOf(property)
    if (kind === undefined || property.readOnly === true) return []
    const options = Array.isArray(property.enum) ? property.enum.map(String) : []
    return [
      {
        name,
        label: typeof property.title === 'string' ? property.title : inWords(name),
        hint: typeof property.description === 'string' ? property.description : undefined,
        kind,
        options,
        isRequired: required.includes(name),
        most: typeof property.maxLength === 'number' ? Math.min(property.maxLength, LONGEST) : LONGEST,
      },
    ]
  })
}

/** Those that the application's schema needs of everybody; the rest people fill in later, if they like. */
export function neededFieldsOf(schema: ProfileSchema | undefined): ProfileField[] {
  return profileFieldsOf(schema).filter(({ isRequired }) => isRequired)
}

/** What a form holds of them, each by its name; undefined for what was left empty. */
export function profileIn(form: Form, fields: readonly ProfileField[]): [name: string, value: unknown][] {
  return fields.map((one) => [one.name, valueIn(form, formNameOf(one), one.kind)])
}

/** What a form must hold of them. A box that is not ticked is an answer too. */
export function profileRules(fields: readonly ProfileField[]): FieldRules {
  return Object.fromEntries(
    fields
      .filter(({ isRequired, kind }) => isRequired && kind !== 'yesno')
      .map((one) => [formNameOf(one), { most: one.most }]),
  )
}

function valueIn(form: Form, name: string, kind: ProfileField['kind']): unknown {
  const typed = Object.hasOwn(form, name) ? form[name] : undefined
  if (kind === 'yesno') return typed !== undefined
  if (typed === undefined || typed === '') return undefined
  if (kind !== 'number') return typed
  const number = Number(typed)
  return Number.isFinite(number) ? number : typed
}

function kindOf({ type, format, enum: values }: PropertySchema): ProfileField['kind'] | undefined {
  if (Array.isArray(values)) return values.every((value) => typeof value === 'string') ? 'choice' : undefined
  if (type === 'boolean') return 'yesno'
  if (type === 'number' || type === 'integer') return 'number'
  if (type !== 'string') return undefined
  return Object.hasOwn(FORMATS, String(format)) ? FORMATS[format as keyof typeof FORMATS] : 'text'
}

/** `displayName` and `display_name` are "Display name" where the schema has no title for it. */
function inWords(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
