import { DAY_SECONDS } from '../base/duration.ts'
import { html, type SafeHtml } from '../base/html.ts'
import { type FormState, form } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, type PageParts } from './layout.ts'

export interface ConsentParts {
  readonly clientName: string
  readonly userName: string
  /** What the client may do, in words. */
  readonly permissions: readonly string[]
  /** How long it may go on by itself. */
  readonly lifeSeconds: number
  /** Where either answer leads: an origin, or the scheme of an app. */
  readonly leadsTo: string
  /** Sent back with the answer. */
  readonly hidden: Readonly<Record<string, string>>
  /** The same question for somebody else. */
  readonly another: string
}

/** Names the client, what it may and for how long (C17). Both answers are one step away, and nothing is ticked. */
export function consentPage(
  frame: Frame,
  state: Pick<FormState, 'csrfToken'>,
  parts: ConsentParts,
): PageParts {
  const { consent } = frame.texts
  const { clientName, userName, permissions, lifeSeconds, leadsTo } = parts
  const buttons = html`
<button class="main" type="submit" name="consent" value="allow">${consent.allow}</button>
<button class="other" type="submit" name="consent" value="deny">${consent.deny}</button>`
  return {
    title: consent.title(clientName),
    body: html`${heading(consent.title(clientName), consent.lead(clientName, userName))}
${permissionsIn(frame, permissions)}
<p>${lifeIn(frame, lifeSeconds)}</p>
<p class="muted">${consent.leads} <bdi class="mono">${leadsTo}</bdi></p>
${form(state, { to: `${frame.base}/authorize/consent`, body: buttons, hidden: parts.hidden })}
<div class="after"><p><a href="${parts.another}">${consent.another(userName)}</a></p></div>`,
  }
}

/** What a client may do, as a list. */
export function permissionsIn({ texts: { consent } }: Frame, permissions: readonly string[]): SafeHtml {
  if (permissions.length === 0) return html`<p>${consent.nothing}</p>`
  const items = permissions.map((text) => html`<li>${text}</li>`)
  return html`<div class="head"><p>${consent.may}</p><ul class="permissions">${items}</ul></div>`
}

/** For how long it may. */
export function lifeIn({ texts: { consent } }: Frame, lifeSeconds: number): string {
  return lifeSeconds >= DAY_SECONDS
    ? consent.forDays(Math.floor(lifeSeconds / DAY_SECONDS))
    : consent.forMinutes(Math.ceil(lifeSeconds / 60))
}
