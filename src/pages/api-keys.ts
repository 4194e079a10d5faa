import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { ApiKey } from '../model/api-key.ts'
import { accountFrame, sentenceAround } from './account-frame.ts'
import { checkBox, choice, type FormState, field, form, group, mainButton } from './form.ts'
import type { Frame } from './frame.ts'
import { moment, type PageParts } from './layout.ts'

export interface ApiKeysParts {
  readonly apiKeys: readonly ApiKey[]
  /** What a key may be allowed, each with its sentence. */
  readonly scopes: readonly { readonly name: string; readonly sentence: string }[]
  readonly done: 'revoked' | 'gone' | undefined
  /** A key that was just made: the only time that it is shown. */
  readonly made: { readonly name: string; readonly text: string } | undefined
}

/** How long a key may live, in days. */
export const LIVES_DAYS: readonly number[] = [7, 30, 90, 365]
const USUAL_LIFE_DAYS = 90

/** The keys of programs that act for somebody. */
export function apiKeysPage(frame: Frame, state: FormState, parts: ApiKeysParts): PageParts {
  const { texts } = frame
  const { apiKeys: words } = texts
  const list = html`<ul class="rows stack">
${parts.apiKeys.map((key) => showKey(frame, state, key))}
</ul>`
  return accountFrame(frame, state, {
    title: words.title,
    lead: words.lead,
    done: parts.done && words[parts.done],
    body: html`${parts.made && showMade(frame, parts.made)}
${parts.apiKeys.length === 0 ? html`<p class="muted">${words.none}</p>` : list}
<section class="narrow"><h2>${words.create}</h2>
${createForm(frame, state, parts)}</section>`,
  })
}

function showMade({ texts }: Frame, made: { readonly name: string; readonly text: string }): SafeHtml {
  const { apiKeys: words, common } = texts
  const copying = attributes({ 'data-copy': common.copy, 'data-copied': common.copied })
  return html`<div class="note good" role="status"><h2>${words.made(made.name)}</h2><p>${words.once}</p>
<div class="secret" ${copying}><code>${made.text}</code></div></div>`
}

function createForm(frame: Frame, state: FormState, { scopes }: ApiKeysParts): SafeHtml {
  const { texts, base } = frame
  const { apiKeys: words } = texts
  const boxes = scopes.map(({ name, sentence }) =>
    checkBox(state, { name: `scope:${name}`, label: sentence, checked: scopes.length === 1 }),
  )
  const body = html`
${field(state, {
  name: 'name',
  label: words.name,
  hint: words.nameHint,
  autocomplete: 'off',
  most: 100,
})}
${choice(state, {
  name: 'days',
  label: words.life,
  value: String(USUAL_LIFE_DAYS),
  options: LIVES_DAYS.map((days) => ({ value: String(days), label: words.days(days) })),
})}
${boxes.length > 0 && group(state, { name: 'scopes', legend: words.scopes, body: boxes })}
${mainButton(words.button)}`
  return form(state, { to: `${base}/account/api-keys`, body })
}

function showKey(frame: Frame, state: FormState, key: ApiKey): SafeHtml {
  const { texts, base } = frame
  const { apiKeys: words } = texts
  const used =
    key.usedAt === undefined ? words.neverUsed : sentenceAround(words.used, moment(frame, key.usedAt))
  const button = attributes({ class: 'end slim', type: 'submit', 'aria-label': words.revokeThis(key.name) })
  return html`<li><div class="what"><b>${key.name}</b>
<span class="muted small">${used} · ${sentenceAround(words.ends, moment(frame, key.expiresAt))}</span>
<span class="muted small mono">${key.scopes.join(' ')}</span>
${key.suspended && html`<span class="problem">${words.suspended}</span>`}</div>
${form(state, {
  to: `${base}/account/api-keys/${key.id}/revoke`,
  class: 'act',
  body: html`<button ${button}>${words.revoke}</button>`,
})}</li>
`
}
