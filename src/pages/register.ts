import { html } from '../base/html.ts'
import { errorSummary, type FormState, field, form, hasFailed, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, note, type PageParts } from './layout.ts'

export interface RegisterParts {
  readonly returnTo: string | undefined
  readonly isOpen: boolean
  readonly minimumPasswordLength: number
}

/** A new account; or, where none can be had here, who gives them out. */
export function registerPage(frame: Frame, state: FormState, parts: RegisterParts): PageParts {
  const { texts, base } = frame
  const { register, fields } = texts
  const query = parts.returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: parts.returnTo })}`
  const signIn = html`<div class="after"><p>${register.haveOne} <a href="${base}/login${query}">${register.signIn}</a></p></div>`
  if (!parts.isOpen) {
    return {
      title: register.closedTitle,
      body: html`${heading(register.closedTitle)}${note(register.closed)}${signIn}`,
    }
  }
  const body = html`
${field(state, {
  name: 'email',
  label: fields.email,
  type: 'email',
  autocomplete: 'email',
  inputmode: 'email',
  most: 320,
  first: true,
})}
${field(state, {
  name: 'username',
  label: fields.username,
  hint: html`${texts.common.optional}. ${fields.usernameHint}`,
  autocomplete: 'username',
  most: 64,
  optional: true,
  isLatin: true,
})}
${passwordField(frame, state, {
  name: 'new-password',
  label: fields.password,
  autocomplete: 'new-password',
  least: parts.minimumPasswordLength,
})}
${mainButton(register.button)}`
  return {
    title: register.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(register.title)}
${form(state, { to: `${base}/register/form`, body, hidden: { return_to: parts.returnTo } })}
${signIn}`,
  }
}
