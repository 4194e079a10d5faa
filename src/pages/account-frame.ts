import { type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import { errorSummary, type FormState, form, hasFailed } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, note, type PageParts } from './layout.ts'

export interface AccountPageParts {
  readonly title: string
  readonly lead?: HtmlValue
  /** What has just been done, in words. */
  readonly done?: string | undefined
  /** The way back; the page of the account itself has none. */
  readonly isFirst?: boolean
  readonly body: HtmlValue
}

/** A page for whoever is signed in: the way out in the corner, and the way back to the account. */
export function accountFrame(frame: Frame, state: FormState, parts: AccountPageParts): PageParts {
  const { title, lead, done, isFirst = false, body } = parts
  const { texts, base } = frame
  return {
    title,
    failed: hasFailed(state),
    wide: true,
    corner: signOutButton(frame, state),
    body: html`${!isFirst && html`<p class="back"><a href="${base}/account">${texts.account.title}</a></p>`}
${errorSummary(frame, state)}${done && note(done, 'good')}
${heading(title, lead)}
${body}`,
  }
}

function signOutButton({ texts, base }: Frame, state: FormState): SafeHtml {
  const button = html`<button class="other slim" type="submit">${texts.common.signOut}</button>`
  return form(state, { to: `${base}/account/sign-out`, body: button })
}

const PLACE = '\u{f0000}'

/** A sentence of the catalogue with markup where its value stands. */
export function sentenceAround(sentence: (value: string) => string, value: SafeHtml): SafeHtml {
  const [before = '', after = ''] = sentence(PLACE).split(PLACE)
  return html`${before}${value}${after}`
}
