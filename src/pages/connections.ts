import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { Identity } from '../model/identity.ts'
import { accountFrame, sentenceAround } from './account-frame.ts'
import { type FormState, form } from './form.ts'
import type { Frame } from './frame.ts'
import { moment, type PageParts } from './layout.ts'
import type { ShownProvider } from './providers.ts'

export interface ConnectionsParts {
  readonly identities: readonly Identity[]
  /** Those that are configured, in their order. */
  readonly providers: readonly ShownProvider[]
  readonly done: 'added' | 'removed' | 'gone' | undefined
}

/** The accounts elsewhere that open this one, and more of them. */
export function connectionsPage(frame: Frame, state: FormState, parts: ConnectionsParts): PageParts {
  const { connections: words } = frame.texts
  const { identities, providers, done } = parts
  const list = html`<ul class="rows stack">
${identities.map((identity) => showIdentity(frame, state, identity, nameOf(identity, providers)))}
</ul>`
  return accountFrame(frame, state, {
    title: words.title,
    lead: words.lead,
    done: done && words[done],
    body: html`${identities.length === 0 ? html`<p class="muted">${words.none}</p>` : list}
<section class="narrow">${providers.map((provider) => connectForm(frame, state, provider))}</section>`,
  })
}

function nameOf({ provider }: Identity, providers: readonly ShownProvider[]): string {
  return providers.find(({ id }) => id === provider)?.name ?? provider
}

function connectForm(frame: Frame, state: FormState, { id, name }: ShownProvider): SafeHtml {
  const label = frame.texts.connections.connect(name)
  return form(state, {
    to: `${frame.base}/account/connections/with/${id}`,
    body: html`<button class="other main-width" type="submit">${label}</button>`,
  })
}

function showIdentity(
  frame: Frame,
  state: FormState,
  { id, email, addedAt }: Identity,
  name: string,
): SafeHtml {
  const { connections: words } = frame.texts
  const button = attributes({ class: 'end slim', type: 'submit', 'aria-label': words.removeThis(name) })
  return html`<li><div class="what"><b>${name}</b>
${email && html`<span class="muted small"><bdi>${email}</bdi></span>`}
<span class="muted small">${sentenceAround(words.since, moment(frame, addedAt))}</span></div>
${form(state, {
  to: `${frame.base}/account/connections/${id}/remove`,
  class: 'act',
  body: html`<button ${button}>${words.remove}</button>`,
})}</li>
`
}
