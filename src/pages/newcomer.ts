import { html } from '../base/html.ts'
import { sentenceAround } from './account-frame.ts'
import { errorSummary, type FormState, form, hasFailed, mainButton } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, type PageParts } from './layout.ts'
import { type ProfileField, profileField } from './profile.ts'

export interface NewcomerParts {
  /** Under which the browser holds them. */
  readonly name: string
  /** The address that the account gets. */
  readonly email: string
  readonly fields: readonly ProfileField[]
  /** What the provider told, by the names of the fields. */
  readonly told: Readonly<Record<string, unknown>>
}

/** What is still needed of somebody who comes from a provider. */
export function newcomerPage(frame: Frame, state: FormState, parts: NewcomerParts): PageParts {
  const { texts, base } = frame
  const { register } = texts
  const body = html`${parts.fields.map((one) => profileField(state, one, parts.told[one.name]))}
${mainButton(register.button)}`
  return {
    title: register.restTitle,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(register.restTitle, sentenceAround(register.rest, html`<bdi>${parts.email}</bdi>`))}
${form(state, { to: `${base}/login/newcomer`, body, hidden: { newcomer: parts.name } })}`,
  }
}
