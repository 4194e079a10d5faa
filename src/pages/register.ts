import { html, type SafeHtml } from '../base/html.ts'
import { sentenceAround } from './account-frame.ts'
import { errorSummary, type FormState, field, form, hasFailed, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, note, type PageParts } from './layout.ts'
import { lettersLink } from './link-pages.ts'
import { type ProfileField, profileField } from './profile.ts'
import { otherWaysIn, type ShownProvider } from './providers.ts'

export interface RegisterParts {
  readonly returnTo: string | undefined
  readonly mode: 'open' | 'invite' | 'closed'
  readonly invitation: { readonly token: string; readonly email: string } | undefined
  /** There was an invitation, and it is of no use any more. */
  readonly isSpent: boolean
  /** The address that a letter went to, or none: the page does not tell. */
  readonly sentTo: string | undefined
  /** Where letters can be read in development. */
  readonly letters: string | undefined
  readonly minimumPasswordLength: number
  /** Those of the application's own profile that no account is without. */
  readonly profileFields: readonly ProfileField[]
  /** By whom somebody can come without a password of their own. */
  readonly providers: readonly ShownProvider[]
}

/** A new account; or, where none can be had here, who gives them out. */
export function registerPage(frame: Frame, state: FormState, parts: RegisterParts): PageParts {
  const { register, refusals } = frame.texts
  const { sentTo, invitation, mode } = parts
  if (sentTo !== undefined) {
    const lead = sentenceAround(register.sent, html`<bdi>${sentTo}</bdi>`)
    const body = html`${heading(register.sentTitle, lead)}${lettersLink(frame, parts.letters)}`
    return { title: register.sentTitle, body }
  }
  if (invitation === undefined && mode !== 'open') {
    const [title, text] =
      mode === 'closed' ? [register.closedTitle, register.closed] : [register.inviteTitle, register.invite]
    const why = note(parts.isSpent ? refusals.link : text)
    return { title, body: html`${heading(title)}${why}${signInLink(frame, parts)}` }
  }
  return {
    title: register.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(register.title, invitation && sentenceAround(register.invited, html`<bdi>${invitation.email}</bdi>`))}
${registerForm(frame, state, parts)}
${invitation === undefined && otherWaysIn(frame, { providers: parts.providers, returnTo: parts.returnTo, isOther: true })}
${signInLink(frame, parts)}`,
  }
}

function registerForm(frame: Frame, state: FormState, parts: RegisterParts): SafeHtml {
  const { texts, base } = frame
  const { fields } = texts
  const { invitation, returnTo } = parts
  const email = field(state, {
    name: 'email',
    label: fields.email,
    type: 'email',
    autocomplete: 'email',
    inputmode: 'email',
    most: 320,
    first: true,
  })
  const body = html`
${invitation === undefined && email}
${field(state, {
  name: 'username',
  label: fields.username,
  hint: html`${texts.common.optional}. ${fields.usernameHint}`,
  autocomplete: 'username',
  most: 64,
  optional: true,
  isLatin: true,
  first: invitation !== undefined,
})}
${parts.profileFields.map((one) => profileField(state, one, undefined))}
${passwordField(frame, state, {
  name: 'new-password',
  label: fields.password,
  autocomplete: 'new-password',
  least: parts.minimumPasswordLength,
})}
${mainButton(texts.register.button)}`
  const hidden = { return_to: returnTo, invitation: invitation?.token, email: invitation?.email }
  return form(state, { to: `${base}/register/form`, body, hidden })
}

function signInLink({ texts, base }: Frame, { returnTo }: RegisterParts): SafeHtml {
  const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`
  const { haveOne, signIn } = texts.register
  return html`<div class="after"><p>${haveOne} <a href="${base}/login${query}">${signIn}</a></p></div>`
}
