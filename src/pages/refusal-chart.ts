import { attributes, html, type SafeHtml } from '../base/html.ts'

/** Refusals of one hour, by cause. */
export interface ChartHour {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly counts: Readonly<Record<string, number>>
}

const WIDTH = 640
const HEIGHT = 160
const GAP = 3

/**
 * Bars by hour, drawn here as SVG: no script, nothing to load, and it prints. The causes are told apart by the order of
 * the classes `s0` to `s5`; the table under it says the same in words.
 */
export function refusalChart(
  hours: readonly ChartHour[],
  causes: readonly string[],
  label: string,
): SafeHtml {
  const totals = hours.map(({ counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0))
  const most = Math.max(1, ...totals)
  const width = WIDTH / Math.max(1, hours.length)
  const bars = hours.flatMap(({ counts }, index) => {
    let top = HEIGHT
    return causes.flatMap((code, place) => {
      const height = ((counts[code] ?? 0) / most) * HEIGHT
      if (height === 0) return []
      top -= height
      const box = {
        x: round(index * width),
        y: round(top),
        width: round(width - GAP),
        height: round(height),
        class: `s${place}`,
      }
      return [html`<rect ${attributes(box)}/>`]
    })
  })
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT + 1}" role="img" aria-label="${label}" preserveAspectRatio="none">
<line class="base" x1="0" y1="${HEIGHT}" x2="${WIDTH}" y2="${HEIGHT}"/>${bars}</svg>`
}

function round(value: number): string {
  return value.toFixed(1)
}
