import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { Consent } from '../model/consent.ts'
import { accountFrame, sentenceAround } from './account-frame.ts'
import { type FormState, form } from './form.ts'
import type { Frame } from './frame.ts'
import { moment, type PageParts } from './layout.ts'

export interface ApplicationsParts {
  readonly consents: readonly Consent[]
  /** What a scope lets an application do, in words. */
  readonly sentenceOf: (scope: string) => string
  readonly isDone: boolean
}

/** What somebody has allowed other applications, and the way to take it back. */
export function applicationsPage(frame: Frame, state: FormState, parts: ApplicationsParts): PageParts {
  const { applications: words } = frame.texts
  const list = html`<ul class="rows stack tall">
${parts.consents.map((consent) => showConsent(frame, state, consent, parts.sentenceOf))}
</ul>`
  return accountFrame(frame, state, {
    title: words.title,
    lead: words.lead,
    done: parts.isDone ? words.done : undefined,
    body: parts.consents.length === 0 ? html`<p class="muted">${words.none}</p>` : list,
  })
}

function showConsent(
  frame: Frame,
  state: FormState,
  { clientId, clientName, scopes, createdAt }: Consent,
  sentenceOf: (scope: string) => string,
): SafeHtml {
  const { applications: words } = frame.texts
  const button = attributes({
    class: 'end slim',
    type: 'submit',
    'aria-label': words.takeBackThis(clientName),
  })
  return html`<li><div class="what"><b><bdi>${clientName}</bdi></b>
<ul class="permissions muted small">${scopes.map((scope) => html`<li>${sentenceOf(scope)}</li>`)}</ul>
<span class="muted small">${sentenceAround(words.since, moment(frame, createdAt))}</span></div>
${form(state, {
  to: `${frame.base}/account/applications/end`,
  class: 'act',
  hidden: { client_id: clientId },
  body: html`<button ${button}>${words.takeBack}</button>`,
})}</li>
`
}
