import { attributes, html, type SafeHtml } from '../base/html.ts'
import { deviceOf } from '../model/device.ts'
import type { Session } from '../model/session.ts'
import { accountFrame, sentenceAround } from './account-frame.ts'
import { type FormState, form } from './form.ts'
import type { Frame } from './frame.ts'
import { moment, type PageParts } from './layout.ts'

export interface SessionsParts {
  /** Last used first. */
  readonly sessions: readonly Session[]
  readonly currentId: string | undefined
  /** How many there are beside those. */
  readonly more: number
  readonly done: SessionsDone | undefined
}

export type SessionsDone = 'ended' | 'gone' | { readonly othersEnded: number }

/** The devices somebody is signed in on, and the way to end each. */
export function sessionsPage(frame: Frame, state: FormState, parts: SessionsParts): PageParts {
  const { texts, base } = frame
  const { sessions: words } = texts
  const others = parts.more + parts.sessions.filter(({ id }) => id !== parts.currentId).length
  return accountFrame(frame, state, {
    title: words.title,
    lead: words.lead,
    done: parts.done && doneIn(frame, parts.done),
    body: html`<ul class="rows stack">
${parts.sessions.map((session) => showSession(frame, state, session, session.id === parts.currentId))}
</ul>
${parts.more > 0 && html`<p class="muted">${words.more(parts.more)}</p>`}
${
  others > 0 &&
  form(state, {
    to: `${base}/account/sessions/end-others`,
    body: html`<div><button class="end" type="submit">${words.endOthers}</button></div>`,
  })
}`,
  })
}

function doneIn({ texts: { sessions } }: Frame, done: SessionsDone): string {
  return typeof done === 'object' ? sessions.othersEnded(done.othersEnded) : sessions[done]
}

function showSession(frame: Frame, state: FormState, session: Session, isCurrent: boolean): SafeHtml {
  const { texts, base } = frame
  const { sessions: words } = texts
  const device = nameOf(frame, session)
  const from = session.address && html`${sentenceAround(words.from, html`<bdi>${session.address}</bdi>`)} · `
  const button = attributes({ class: 'end slim', type: 'submit', 'aria-label': words.endThis(device) })
  return html`<li><div class="what"><span><b>${device}</b>${isCurrent && html`<span class="tag">${words.current}</span>`}</span>
<span class="muted small">${from}${sentenceAround(words.lastUsed, moment(frame, session.usedAt))}</span>
<span class="muted small">${sentenceAround(words.begun, moment(frame, session.startedAt))}</span></div>
${
  !isCurrent &&
  form(state, {
    to: `${base}/account/sessions/${session.id}/end`,
    class: 'act',
    body: html`<button ${button}>${words.end}</button>`,
  })
}</li>
`
}

function nameOf({ texts: { common } }: Frame, { agent }: Session): string {
  const { program, system } = deviceOf(agent)
  if (program !== undefined && system !== undefined) return common.device(program, system)
  return program ?? system ?? common.unknownDevice
}
