import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { Frame } from './frame.ts'

/**
 * An id that the script lets people copy by one click. Without the script it stands there whole, or within `sentence`; with
 * it an id without a sentence is shortened in the middle, for tables.
 */
export function copiedId({ common }: Frame['texts'], id: string, sentence?: string): SafeHtml {
  const data = { class: 'mono', 'data-id': id, 'data-copied': common.copied }
  return html`<span ${attributes({ ...data, 'data-short': sentence === undefined })}>${sentence ?? id}</span>`
}
