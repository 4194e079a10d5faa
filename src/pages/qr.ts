import { html, type SafeHtml } from '../base/html.ts'

/** A QR code as one path, a run of dark modules at a time: a square for each would weigh four times as much. */
export function qrPicture(modules: readonly (readonly boolean[])[], label: string): SafeHtml {
  const runs = modules.flatMap((row, y) => {
    const found: string[] = []
    for (let x = 0; x < row.length; ) {
      let end = x
      while (row[end] === true) end += 1
      if (end > x) found.push(`M${x} ${y}h${end - x}v1H${x}z`)
      x = end + 1
    }
    return found
  })
  const size = modules.length
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="currentColor" d="${runs.join('')}"/></svg>`
}
