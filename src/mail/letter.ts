import { html } from 'hono/html'
import type { LettersIn } from '../texts/letters/languages.ts'
import type { LetterText } from '../texts/letters/letter-texts.ts'
import type { WrittenLetter } from './message.ts'

/**
 * A letter as text and as HTML: the same words, one column, no picture, nothing that is loaded. By another tag than pages:
 * mail programs want styles in the markup, and `linkTo` may lead to an app by a scheme of its own.
 */
export async function writeLetter(
  { language, direction, texts: { linkHelp } }: LettersIn,
  service: string,
  { subject, paragraphs, button, after = [] }: LetterText,
  link: string | undefined,
): Promise<WrittenLetter> {
  const isLinked = button !== undefined && link !== undefined
  const text = [...paragraphs, ...(isLinked ? [`${button}:\n${link}`] : []), ...after, `— ${service}`]
  const said = (sentences: readonly string[]) =>
    sentences.map((sentence) => html`<p style="margin:0 0 16px">${sentence}</p>\n`)
  const action = isLinked
    ? html`<p style="margin:24px 0"><a href="${link}" style="${BUTTON}">${button}</a></p>
<p style="margin:0 0 4px;font-size:14px">${linkHelp}</p>
<p style="margin:0 0 16px;font-size:14px;word-break:break-all"><a href="${link}" style="color:inherit">${link}</a></p>
`
    : ''
  const page = await html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${subject}</title>
</head>
<body style="margin:0;padding:24px;font-family:system-ui,sans-serif;font-size:16px;line-height:1.5">
<div style="max-width:32rem;margin:0 auto">
<h1 style="font-size:20px;margin:0 0 16px">${subject}</h1>
${said(paragraphs)}${action}${said(after)}<p style="margin:24px 0 0;font-size:14px">${service}</p>
</div>
</body>
</html>
`
  return { subject, text: `${text.join('\n\n')}\n`, html: page.toString() }
}

const BUTTON =
  'display:inline-block;padding:10px 20px;border-radius:6px;background:#1f4f8f;color:#ffffff;text-decoration:none'
