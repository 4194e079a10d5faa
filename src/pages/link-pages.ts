import { html, type SafeHtml } from '../base/html.ts'
import { sentenceAround } from './account-frame.ts'
import { errorSummary, type FormState, field, form, hasFailed, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, note, type PageParts } from './layout.ts'

export interface AskParts {
  readonly about: 'verify' | 'reset'
  /** It has been asked for: whether there is such an account, the page does not tell. */
  readonly isAsked: boolean
  /** Where letters can be read in development. */
  readonly letters: string | undefined
}

/** Asks for a mailed link: to confirm an address, or to choose a new password. */
export function askPage(frame: Frame, state: FormState, { about, isAsked, letters }: AskParts): PageParts {
  const { texts, base } = frame
  const words = texts[about]
  const body = html`
${field(state, {
  name: 'username',
  label: texts.fields.login,
  autocomplete: 'username',
  inputmode: 'email',
  isLatin: true,
  most: 320,
  first: true,
})}
${mainButton(words.askButton)}`
  return {
    title: words.askTitle,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(words.askTitle, isAsked ? undefined : words.askLead)}
${isAsked && note(words.asked, 'good')}${isAsked && lettersLink(frame, letters)}
${!isAsked && form(state, { to: `${base}/${about}/form`, body })}
<div class="after"><p><a href="${base}/login">${texts.login.title}</a></p></div>`,
  }
}

/** In development, where letters often go nowhere. */
export function lettersLink({ texts }: Frame, letters: string | undefined): SafeHtml | undefined {
  return letters === undefined
    ? undefined
    : html`<p class="small"><a href="${letters}">${texts.reset.letters}</a></p>`
}

/** What a link to the page of addresses would do. */
export type VerifyKind = 'register' | 'verify' | 'change' | 'keep'

/** Says what a link does, and does it when the button is pressed: programs that scan mail open links. */
export function verifyPage(
  frame: Frame,
  state: FormState,
  { kind, email, token }: { readonly kind: VerifyKind; readonly email: string; readonly token: string },
): PageParts {
  const { texts, base } = frame
  const words = texts.verify[kind]
  const button = mainButton(words.button)
  const body = kind === 'register' ? html`${registrationProof(frame, state, email)}${button}` : button
  return {
    title: words.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(words.title, sentenceAround(words.lead, html`<bdi>${email}</bdi>`))}
${form(state, { to: `${base}/verify`, hidden: { token }, body })}`,
  }
}

/** Whoever did not choose the password is not who asked for the account. */
function registrationProof(frame: Frame, state: FormState, email: string): SafeHtml {
  const { fields, verify } = frame.texts
  return html`<p>${verify.register.proof}</p>
<input type="text" name="username" value="${email}" autocomplete="username" hidden>
${passwordField(frame, state, {
  name: 'password',
  label: fields.password,
  autocomplete: 'current-password',
  first: true,
})}`
}

/** A new password for whoever could read the letter. */
export function resetPage(
  frame: Frame,
  state: FormState,
  parts: { readonly email: string; readonly token: string; readonly minimumPasswordLength: number },
): PageParts {
  const { texts, base } = frame
  const { reset } = texts
  const body = html`<input type="text" name="username" value="${parts.email}" autocomplete="username" hidden>
${passwordField(frame, state, {
  name: 'new-password',
  label: texts.fields.newPassword,
  autocomplete: 'new-password',
  least: parts.minimumPasswordLength,
  first: true,
})}
${mainButton(reset.button)}`
  return {
    title: reset.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(reset.title, sentenceAround(reset.lead, html`<bdi>${parts.email}</bdi>`))}
${form(state, { to: `${base}/reset`, hidden: { token: parts.token }, body })}`,
  }
}
