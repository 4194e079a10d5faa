import { attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import { accountFrame } from './account-frame.ts'
import { copiedId } from './copied-id.ts'
import { type FormState, form, mainButton } from './form.ts'
import type { Frame } from './frame.ts'
import { moment, type PageParts } from './layout.ts'
import { type ChartHour, refusalChart } from './refusal-chart.ts'

/** One thing that was looked at. */
export interface ShownCheck {
  readonly name: 'form' | 'signature' | 'issuer' | 'audience' | 'times' | 'account'
  readonly state: 'passed' | 'failed' | 'open'
  /** What was seen, sentence by sentence, in English as the doctor speaks it. */
  readonly seen: readonly string[]
}

export interface ShownDiagnosis {
  readonly verdict: 'ok' | 'cause' | 'undecided'
  /** Code and certainty of the first cause. */
  readonly cause: { readonly code: string; readonly certainty: string; readonly meaning: string } | undefined
  readonly fix: readonly string[]
  readonly checks: readonly ShownCheck[]
  /** What the token says of itself: nothing of it is proven by being shown. */
  readonly claims: readonly (readonly [string, string])[]
  readonly isProven: boolean
}

export interface ShownRefusals {
  readonly hours: readonly ChartHour[]
  /** The commonest causes, the last of them perhaps for all others. */
  readonly causes: readonly { readonly code: string; readonly count: number; readonly meaning: string }[]
  readonly recent: readonly {
    readonly reference: string
    readonly code: string
    readonly at: number
    readonly route: string
    readonly node: string
  }[]
}

export interface DoctorParts {
  readonly diagnosis: ShownDiagnosis | undefined
  /** For those who may read the events. */
  readonly refusals: ShownRefusals | undefined
}

/** A token taken apart, and what was refused lately. */
export function doctorPage(frame: Frame, state: FormState, { diagnosis, refusals }: DoctorParts): PageParts {
  const { texts, base } = frame
  const words = texts.doctor
  const area = attributes({
    id: 'field-token',
    name: 'token',
    rows: 5,
    required: true,
    maxlength: 8192,
    class: 'ltr mono',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'none',
    'aria-describedby': 'field-token-hint',
  })
  return accountFrame(frame, state, {
    title: words.title,
    lead: words.lead,
    body: html`${diagnosis && showDiagnosis(frame, diagnosis)}
<section><h2>${words.tokenHeading}</h2>
${form(state, {
  to: `${base}/doctor`,
  body: html`<div class="field"><label for="field-token">${words.token}</label><p class="hint" id="field-token-hint">${words.tokenHint}</p><textarea ${area}></textarea></div>${mainButton(words.look)}`,
})}</section>
${refusals && showRefusals(frame, refusals)}`,
  })
}

/** The doctor speaks English, and puts names between grave accents. */
function spoken(text: string): SafeHtml {
  return html`<span lang="en" dir="ltr">${withCode(text)}</span>`
}

function withCode(text: string): HtmlValue {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))
}

/** What is wider than a phone scrolls by itself, by keyboard too. */
function scrolling(label: string, table: SafeHtml): SafeHtml {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${label}">${table}</div>`
}

function showDiagnosis(
  { texts }: Frame,
  { verdict, cause, fix, checks, claims, isProven }: ShownDiagnosis,
): SafeHtml {
  const words = texts.doctor
  const kind = verdict === 'ok' ? 'good' : verdict === 'cause' ? 'bad' : 'plain'
  const firstFailed = checks.findIndex((check) => check.state === 'failed')
  return html`<section aria-labelledby="answer"><h2 id="answer">${words.answer}</h2>
<div class="note ${kind}" role="status">${cause === undefined ? html`<p>${verdict === 'ok' ? words.fine : words.undecided}</p>` : html`<p><b class="mono">${cause.code}</b> <span class="tag">${cause.certainty === 'certain' ? words.certain : words.probable}</span></p><p>${spoken(cause.meaning)}</p>`}</div>
<ul class="checks">${checks.map((check, index) => showCheck(words, check, index === firstFailed))}</ul>
${fix.length > 0 && html`<h3>${words.fix}</h3><ol class="steps" lang="en" dir="ltr">${fix.map((step) => html`<li>${withCode(step)}</li>`)}</ol>`}
${claims.length > 0 && showClaims(isProven ? words.claims : words.claimsNotProven, claims)}
</section>`
}

function showClaims(heading: string, claims: ShownDiagnosis['claims']): SafeHtml {
  const rows = claims.map(
    ([name, value]) => html`<tr><th scope="row" class="mono">${name}</th><td class="mono">${value}</td></tr>`,
  )
  return html`<h3>${heading}</h3>${scrolling(heading, html`<table><tbody>${rows}</tbody></table>`)}`
}

function showCheck(
  words: Frame['texts']['doctor'],
  { name, state, seen }: ShownCheck,
  isOpen: boolean,
): SafeHtml {
  const mark = state === 'passed' ? '✓' : state === 'failed' ? '✗' : '·'
  const told = words.states[state]
  const line = html`<span class="mark ${state}" aria-hidden="true">${mark}</span> ${words.checks[name]} <span class="muted small">${told}</span>`
  if (seen.length === 0) return html`<li>${line}</li>`
  return html`<li><details ${attributes({ open: isOpen })}><summary>${line}</summary>${seen.map((what) => html`<p class="small">${spoken(what)}</p>`)}</details></li>`
}

function showRefusals(frame: Frame, { hours, causes, recent }: ShownRefusals): SafeHtml {
  const words = frame.texts.doctor
  const total = causes.reduce((sum, { count }) => sum + count, 0)
  const codes = causes.map(({ code }) => code)
  const begin = hours[0]?.at ?? frame.now
  return html`<section aria-labelledby="refusals"><h2 id="refusals">${words.refusals}</h2>
${
  total === 0
    ? html`<p class="muted">${words.none}</p>`
    : html`${refusalChart(hours, codes, words.refusals)}
<p class="axis muted small" dir="ltr">${moment(frame, begin)} ${moment(frame, frame.now)}</p>
${showCauses(frame, causes)}`
}
${recent.length > 0 && showRecent(frame, recent)}
</section>`
}

function showCauses({ texts, language }: Frame, causes: ShownRefusals['causes']): SafeHtml {
  const words = texts.doctor
  const number = new Intl.NumberFormat(language)
  const rows = causes.map(
    ({ code, count, meaning }, index) =>
      html`<tr><td><span class="swatch s${index}" aria-hidden="true"></span> <b class="mono">${code}</b> <span class="muted small">${spoken(meaning)}</span></td><td class="number">${number.format(count)}</td></tr>`,
  )
  const head = html`<tr><th scope="col">${words.cause}</th><th scope="col" class="number">${words.count}</th></tr>`
  return scrolling(words.refusals, html`<table><thead>${head}</thead><tbody>${rows}</tbody></table>`)
}

function showRecent(frame: Frame, recent: ShownRefusals['recent']): SafeHtml {
  const words = frame.texts.doctor
  const rows = recent.map(
    ({ reference, code, at, route }) =>
      html`<tr><td class="small">${moment(frame, at)}</td><td class="mono small">${code}</td><td class="mono small">${route}</td><td class="small">${copiedId(frame.texts, reference)}</td></tr>`,
  )
  const columns = [words.when, words.cause, words.route, words.reference]
  const head = html`<tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>`
  const table = html`<table class="fixed"><thead>${head}</thead><tbody>${rows}</tbody></table>`
  return html`<h3>${words.recent}</h3>${scrolling(words.recent, table)}`
}
