import { html } from '../base/html.ts'
import { passkeyForm } from './factor-step.ts'
import { errorSummary, type FormState, field, form, hasFailed, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, note, type PageParts } from './layout.ts'
import { otherWaysIn, type ShownProvider } from './providers.ts'

export interface LoginParts {
  /** Why somebody is here who had not come to sign in, or what was done before. */
  readonly said: string | undefined
  readonly returnTo: string | undefined
  /** The name that whoever sent them expects. */
  readonly hint: string | undefined
  readonly canRegister: boolean
  /** Where whoever forgot the password goes; undefined where there is no way. */
  readonly forgot: string | undefined
  readonly canUsePasskeys: boolean
  readonly providers: readonly ShownProvider[]
  /** Whether somebody is signed in already, and has to prove themselves anew. */
  readonly anew: boolean
}

/** Name and password. */
export function loginPage(frame: Frame, state: FormState, parts: LoginParts): PageParts {
  const { texts, base } = frame
  const { login } = texts
  const query = parts.returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: parts.returnTo })}`
  const typed = (state.values.username ?? parts.hint) !== undefined
  const fields = html`
${field(state, {
  name: 'username',
  label: texts.fields.login,
  autocomplete: 'username webauthn',
  inputmode: 'email',
  isLatin: true,
  most: 320,
  value: parts.hint,
  first: !typed,
})}
${passwordField(frame, state, {
  name: 'password',
  label: texts.fields.password,
  autocomplete: 'current-password',
  first: typed,
})}
${mainButton(login.button)}`
  const passkey =
    parts.canUsePasskeys &&
    passkeyForm(frame, state, {
      to: `${base}/login/passkey`,
      options: `${base}/sign-in/passkey/options`,
      send: { for: 'session' },
      kind: 'get',
      autofill: true,
      hidden: { return_to: parts.returnTo },
      button: html`<button class="other main-width" type="submit">${texts.step.passkey}</button>`,
    })
  return {
    title: login.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}${!hasFailed(state) && parts.said && note(parts.said)}
${heading(login.title)}
${form(state, { to: `${base}/login`, body: fields, hidden: { return_to: parts.returnTo } })}
${otherWaysIn(frame, { ...parts, passkey, isOther: true })}
<div class="after">
${parts.forgot && html`<p><a href="${parts.forgot}">${login.forgot}</a></p>`}
${parts.canRegister && html`<p>${login.newHere} <a href="${base}/register${query}">${login.register}</a></p>`}
</div>`,
  }
}
