import { html, type SafeHtml } from '../base/html.ts'
import { accountFrame } from './account-frame.ts'
import { checkBox, choice, type FormState, field, form, mainButton } from './form.ts'
import type { Frame } from './frame.ts'
import type { PageParts } from './layout.ts'

/** A field of the application's own profile that people may fill in. */
export interface ProfileField {
  readonly name: string
  /** In the application's words. */
  readonly label: string
  readonly hint: string | undefined
  readonly kind: 'text' | 'email' | 'url' | 'date' | 'number' | 'yesno' | 'choice'
  readonly options: readonly string[]
  readonly isRequired: boolean
  readonly most: number
}

/** What browsers know of people by themselves (HTML, autofill). */
const AUTOCOMPLETE: Readonly<Record<string, string>> = {
  name: 'name',
  given_name: 'given-name',
  givenName: 'given-name',
  family_name: 'family-name',
  familyName: 'family-name',
  nickname: 'nickname',
  website: 'url',
  birthdate: 'bday',
  phone: 'tel',
  phone_number: 'tel',
}

/** The profile that the application has declared, as a form. */
export function profilePage(
  frame: Frame,
  state: FormState,
  {
    fields,
    profile,
  }: { readonly fields: readonly ProfileField[]; readonly profile: Readonly<Record<string, unknown>> },
): PageParts {
  const { texts, base } = frame
  const body = html`${fields.map((one) => profileField(state, one, profile[one.name]))}
${mainButton(texts.profile.button)}`
  return accountFrame(frame, state, {
    title: texts.profile.title,
    body: form(state, { to: `${base}/account/profile`, class: 'narrow', body }),
  })
}

/** The name of a field in the form: the application's own cannot be taken for one of ours. */
export function formNameOf({ name }: ProfileField): string {
  return `profile.${name}`
}

/** One field of it, with what is there now. */
export function profileField(state: FormState, one: ProfileField, value: unknown): SafeHtml {
  const name = formNameOf(one)
  const current = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  if (one.kind === 'yesno') {
    return checkBox(state, {
      name,
      label: one.label,
      checked: value === true,
      ...(one.hint !== undefined && { hint: one.hint }),
    })
  }
  if (one.kind === 'choice') {
    const options = [...(one.isRequired ? [] : ['']), ...one.options]
    return choice(state, {
      name,
      label: one.label,
      options: options.map((option) => ({ value: option, label: option })),
      value: current,
    })
  }
  return field(state, {
    name,
    label: one.label,
    hint: one.hint,
    type: one.kind,
    autocomplete: AUTOCOMPLETE[one.name] ?? 'off',
    most: one.most,
    optional: !one.isRequired,
    value: current,
  })
}
