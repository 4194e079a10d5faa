/** One guard in the picture. */
export interface Bar {
  readonly framework: string
  readonly name: string
  readonly perSecond: number
}

const ROW = 22
const GAP = 14
const LABEL = 300
const WIDTH = 860
const FIGURE = 90

/**
 * Checked requests a second as an SVG, a group for each framework: ours first in the accent colour. Text, so that it can
 * be read aloud and searched; colours follow light and dark.
 */
export function drawBars(bars: readonly Bar[], title: string): string {
  const most = Math.max(...bars.map(({ perSecond }) => perSecond))
  const groups = [...new Set(bars.map(({ framework }) => framework))]
  let y = 44
  const parts: string[] = []
  for (const group of groups) {
    parts.push(`<text class="group" x="0" y="${y + 15}">${escaped(group)}</text>`)
    y += ROW
    for (const bar of bars.filter(({ framework }) => framework === group)) {
      const width = Math.max(1, Math.round((bar.perSecond / most) * (WIDTH - LABEL - FIGURE)))
      const kind = bar.name.startsWith('Countersign') ? 'ours' : 'peer'
      parts.push(
        `<text x="12" y="${y + 15}">${escaped(bar.name)}</text>`,
        `<rect class="${kind}" x="${LABEL}" y="${y + 3}" width="${width}" height="${ROW - 6}" rx="2"/>`,
        `<text class="figure" x="${LABEL + width + 8}" y="${y + 15}">${Math.round(bar.perSecond).toLocaleString('en')}</text>`,
      )
      y += ROW
    }
    y += GAP
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 0 ${WIDTH + 24} ${y}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1c2430 } .title { font-size: 16px; font-weight: 600 }
.ground { fill: #ffffff } .group { font-weight: 600 } .ours { fill: #2457c5 } .peer { fill: #9aa5b4 }
@media (prefers-color-scheme: dark) { .ground { fill: #12161d } text { fill: #e6eaf0 } .ours { fill: #7aa5ff } .peer { fill: #566274 } }
</style>
<rect class="ground" x="-12" width="${WIDTH + 24}" height="${y}"/>
<text class="title" x="0" y="20">${escaped(title)}</text>
${parts.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
