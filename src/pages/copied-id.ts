import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { Frame } from './frame.ts'

/** At each end of an id whose middle is left out. */
const KEPT = 6

/**
 * An id that the script lets people copy by one click. Without the script it stands there whole, or within `sentence`; with
 * it an id without a sentence is shortened in the middle, for tables.
 */
export function copiedId({ common }: Frame['texts'], id: string, sentence?: string): SafeHtml {
  const data = attributes({
    class: 'mono',
    'data-id': id,
    'data-shown': sentence ?? `${id.slice(0, KEPT)}…${id.slice(-KEPT)}`,
    'data-title': `${common.copy}: ${id}`,
    'data-copied': common.copied,
  })
  return html`<span ${data}>${sentence ?? id}</span>`
}
