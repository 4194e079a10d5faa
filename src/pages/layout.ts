import { attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import { LANGUAGES, type Language } from '../texts/languages.ts'
import type { Frame } from './frame.ts'

export interface PageParts {
  readonly title: string
  /** Whether it comes back with an error: the title says so first, to whoever hears it. */
  readonly failed?: boolean
  /** Wide enough for lists. */
  readonly wide?: boolean
  /** Beside the brand, at the top. */
  readonly corner?: HtmlValue
  readonly body: HtmlValue
}

/** A whole page. All of it is text: no script, no style and no address of another site can come in. */
export function layPage(
  frame: Frame,
  { title, failed = false, wide = false, corner, body }: PageParts,
): SafeHtml {
  const { texts, brand, files, language, direction, base } = frame
  const named = texts.common.pageTitle(title, brand.name)
  const home = html`<div class="brand"><a href="${base}/account">${sign(frame)}</a></div>`
  return html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${failed ? texts.common.errorTitle(named) : named}</title>
<link rel="icon" href="${files.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${files.style}">
<script src="${files.script}" defer></script>
</head>
<body>
<a class="skip" href="#content">${texts.common.skip}</a>
<div class="${wide ? 'page wide' : 'page'}">
<header>${corner ? html`<div class="bar">${home}${corner}</div>` : home}</header>
<main id="content">
${body}
</main>
<footer><nav aria-label="${texts.common.language}">${languageLinks(frame)}</nav></footer>
</div>
</body>
</html>
`
}

function sign({ brand, files }: Frame): HtmlValue {
  if (files.logo === undefined) return brand.name
  return html`<img src="${files.logo}" alt="${brand.name}">`
}

function languageLinks({ language, here }: Frame): HtmlValue {
  return (Object.keys(LANGUAGES) as Language[]).map((other) => {
    const { name, direction } = LANGUAGES[other]
    const current = other === language && 'true'
    const href = `${here}${here.includes('?') ? '&' : '?'}ui_locales=${other}`
    return html`<a ${attributes({ href, lang: other, dir: direction, hreflang: other, 'aria-current': current })}>${name}</a> `
  })
}

/** The heading of a page, and a sentence below it. */
export function heading(title: string, lead?: HtmlValue): SafeHtml {
  return html`<div class="head"><h1>${title}</h1>${lead ? html`<p class="lead">${lead}</p>` : ''}</div>`
}

/** What has just been done, or what one should know first. */
export function note(text: HtmlValue, kind: 'good' | 'bad' | 'plain' = 'plain'): SafeHtml {
  return html`<div class="note ${kind}" role="status"><p>${text}</p></div>`
}

/** A moment, told from now, exact on hover; the script rewrites the exact one in the reader's own time zone. */
export function moment({ language, now }: Frame, milliseconds: number): SafeHtml {
  const date = new Date(milliseconds)
  const exact = new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(date)
  return html`<time datetime="${date.toISOString()}" title="${exact} UTC">${fromNow(milliseconds - now, language)}</time>`
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

function fromNow(milliseconds: number, language: Language): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const [unit, size] =
    UNITS.find(([, length]) => Math.abs(milliseconds) >= length) ?? (['second', 1000] as const)
  // Under a minute: "now" in every language.
  if (unit === 'second') return format.format(0, 'second')
  return format.format(Math.round(milliseconds / size), unit)
}
