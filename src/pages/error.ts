import { html } from '../base/html.ts'
import type { RefusalDetails } from '../errors/refusal.ts'
import { copiedId } from './copied-id.ts'
import type { Frame } from './frame.ts'
import { heading, type PageParts } from './layout.ts'

export interface ShownRefusal {
  readonly status: number
  readonly code: string
  /** What whoever builds the application can do about it; in development only. */
  readonly hint?: string | undefined
  /** The names that the hint speaks of. */
  readonly details: RefusalDetails
}

/** The page of whatever has no page of its own. It says what can be done, and holds the reference ready. */
export function errorPage(
  frame: Frame,
  { status, code, hint, details }: ShownRefusal,
  reference: string,
): PageParts {
  const { texts, base } = frame
  const { errorPage: words } = texts
  const facts = Object.entries(details).map(
    ([name, value]) => html`<p class="mono">${name}: ${String(value)}</p>`,
  )
  const title = status === 404 ? words.notFoundTitle : words.title
  return {
    title,
    failed: true,
    body: html`${heading(title, sentenceFor(frame, status, code))}
<p><a class="button other" href="${base}/account">${words.home}</a></p>
<p class="small muted">${words.help}<br>${copiedId(texts, reference, texts.common.reference(reference))}</p>
${hint !== undefined && html`<div class="note small" lang="en" dir="ltr"><p><b class="mono">${code}</b></p><p>${hint}</p>${facts}<p class="muted">${DEVELOPERS}</p></div>`}`,
  }
}

/** Not in the catalogue of texts: nobody but developers is shown it. */
const DEVELOPERS = 'This is shown in development only.'

function sentenceFor({ texts: { errorPage, refusals } }: Frame, status: number, code: string): string {
  if (code === 'CSRF_ORIGIN') return errorPage.foreign
  if (status === 404) return errorPage.notFound
  if (status === 403) return errorPage.forbidden
  if (status === 429) return refusals.wait(60)
  if (status === 503) return errorPage.unavailable
  return status >= 500 ? errorPage.inside : errorPage.refused
}
