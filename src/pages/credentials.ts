import { attributes, html } from '../base/html.ts'
import { accountFrame } from './account-frame.ts'
import { type FormState, field, form, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import type { PageParts } from './layout.ts'

/** A new password, for whoever knows the current one. */
export function passwordPage(
  frame: Frame,
  state: FormState,
  { login, minimumPasswordLength }: { readonly login: string; readonly minimumPasswordLength: number },
): PageParts {
  const { texts, base } = frame
  // For password managers, which else would not know whose password it is.
  const whose = attributes({
    type: 'text',
    name: 'username',
    value: login,
    autocomplete: 'username',
    hidden: true,
  })
  const body = html`<input ${whose}>
${passwordField(frame, state, {
  name: 'password',
  label: texts.fields.currentPassword,
  autocomplete: 'current-password',
  first: true,
})}
${passwordField(frame, state, {
  name: 'new-password',
  label: texts.fields.newPassword,
  autocomplete: 'new-password',
  least: minimumPasswordLength,
})}
${mainButton(texts.password.button)}`
  return accountFrame(frame, state, {
    title: texts.password.title,
    lead: texts.password.note,
    body: form(state, { to: `${base}/account/password`, class: 'narrow', body }),
  })
}

/** Another user name. */
export function usernamePage(frame: Frame, state: FormState, username: string | undefined): PageParts {
  const { texts, base } = frame
  const body = html`
${field(state, {
  name: 'username',
  label: texts.fields.username,
  hint: texts.fields.usernameHint,
  autocomplete: 'username',
  most: 64,
  value: username,
  isLatin: true,
  first: true,
})}
${mainButton(texts.username.button)}`
  return accountFrame(frame, state, {
    title: texts.username.title,
    body: form(state, { to: `${base}/account/username`, class: 'narrow', body }),
  })
}
