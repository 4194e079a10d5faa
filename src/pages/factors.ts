import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { Passkey, SecondFactors } from '../model/second-factor.ts'
import { accountFrame, sentenceAround } from './account-frame.ts'
import { type AppOffer, appForm, passkeyForm } from './factor-step.ts'
import { type FormState, field, form } from './form.ts'
import type { Frame } from './frame.ts'
import { moment, type PageParts } from './layout.ts'

export interface FactorsParts {
  readonly factors: SecondFactors
  readonly canUsePasskeys: boolean
  /** Where a sign-in goes on that led here. */
  readonly returnTo: string | undefined
  /** Shown this once. */
  readonly codes: readonly string[]
  readonly done: 'appDone' | 'passkeyDone' | 'renamed' | 'removed' | undefined
}

/** What a sign-in asks for beside the password. */
export function factorsPage(frame: Frame, state: FormState, parts: FactorsParts): PageParts {
  const { texts } = frame
  const { factors: words } = texts
  return accountFrame(frame, state, {
    title: words.title,
    lead: words.lead,
    done: parts.done && words[parts.done],
    body: html`${parts.codes.length > 0 && showCodes(frame, parts.codes)}
${parts.returnTo && html`<p class="narrow"><a class="button main" href="${parts.returnTo}">${texts.step.button}</a></p>`}
${appSection(frame, state, parts)}
${(parts.canUsePasskeys || parts.factors.passkeys.length > 0) && passkeySection(frame, state, parts)}
${(parts.factors.totp || parts.factors.passkeys.length > 0) && codesSection(frame, state, parts)}`,
  })
}

function showCodes({ texts }: Frame, codes: readonly string[]): SafeHtml {
  const { factors: words, common } = texts
  const copying = attributes({ 'data-copy': common.copy, 'data-copied': common.copied })
  return html`<div class="note good" role="status"><h2>${words.codesTitle}</h2><p>${words.codesOnce}</p>
<div class="secret" ${copying}><code class="lines">${codes.join('\n')}</code></div></div>`
}

function appSection({ texts, base, ...frame }: Frame, state: FormState, { factors }: FactorsParts): SafeHtml {
  const { factors: words } = texts
  const { totp } = factors
  const remove =
    totp &&
    form(state, {
      to: `${base}/account/two-step/app/remove`,
      class: 'act',
      body: html`<button ${attributes({ class: 'end slim', type: 'submit', 'aria-label': words.removeApp })}>${words.remove}</button>`,
    })
  const row =
    totp &&
    html`<ul class="rows stack"><li><div class="what"><b>${words.app}</b><span class="muted small">${sentenceAround(words.since, moment({ texts, base, ...frame }, totp.addedAt))}</span></div>${remove}</li></ul>`
  return html`<section><h2>${words.app}</h2>${row}
<p><a class="button other" href="${base}/account/two-step/app">${totp ? words.replace : words.setUp}</a></p></section>`
}

function passkeySection(frame: Frame, state: FormState, { factors, canUsePasskeys }: FactorsParts): SafeHtml {
  const { texts, base } = frame
  const { factors: words } = texts
  const list =
    factors.passkeys.length === 0
      ? html`<p class="muted">${words.noPasskeys}</p>`
      : html`<ul class="rows stack">${factors.passkeys.map((passkey) => showPasskey(frame, state, passkey))}</ul>`
  const add = passkeyForm(frame, state, {
    to: `${base}/account/two-step/passkeys`,
    options: `${base}/users/me/passkeys/options`,
    kind: 'create',
    class: 'narrow',
    hidden: {},
    button: html`${field(state, {
      name: 'name',
      label: words.passkeyName,
      hint: words.passkeyNameHint,
      autocomplete: 'off',
      most: 100,
    })}<div><button class="other" type="submit">${words.addPasskey}</button></div>`,
    fallback: texts.step.needsScript,
  })
  return html`<section><h2>${words.passkeys}</h2>${list}${canUsePasskeys && add}</section>`
}

function showPasskey(frame: Frame, state: FormState, passkey: Passkey): SafeHtml {
  const { texts, base } = frame
  const { factors: words } = texts
  const used =
    passkey.usedAt === undefined ? words.neverUsed : sentenceAround(words.used, moment(frame, passkey.usedAt))
  const button = attributes({
    class: 'end slim',
    type: 'submit',
    'aria-label': words.removePasskey(passkey.name),
  })
  return html`<li><div class="what"><b>${passkey.name}</b><span class="muted small">${sentenceAround(words.added, moment(frame, passkey.addedAt))} · ${used}</span>${renameForm(frame, state, passkey)}</div>
${form(state, {
  to: `${base}/account/two-step/passkeys/${passkey.id}/remove`,
  class: 'act',
  body: html`<button ${button}>${words.remove}</button>`,
})}</li>`
}

/** Folded away: a name is seldom wrong. */
function renameForm({ texts, base }: Frame, state: FormState, { id, name }: Passkey): SafeHtml {
  const { factors: words } = texts
  const input = attributes({
    id: `name-${id}`,
    name: 'new_name',
    value: name,
    autocomplete: 'off',
    maxlength: 100,
    required: true,
  })
  const label = attributes({ class: 'hush', for: `name-${id}` })
  return html`<details class="rename"><summary ${attributes({ 'aria-label': words.renamePasskey(name) })}>${words.rename}</summary>
${form(state, {
  to: `${base}/account/two-step/passkeys/${id}/name`,
  class: 'field',
  body: html`<label ${label}>${words.passkeyName}</label><input ${input}><button class="other slim" type="submit">${words.saveName}</button>`,
})}</details>`
}

function codesSection({ texts, base }: Frame, state: FormState, { factors }: FactorsParts): SafeHtml {
  const { factors: words } = texts
  return html`<section><h2>${words.codes}</h2><p>${words.codesLeft(factors.recoveryCodes)}</p>
${form(state, {
  to: `${base}/account/two-step/codes`,
  body: html`<div class="head"><div><button class="other" type="submit">${words.newCodes}</button></div><p class="small muted">${words.newCodesNote}</p></div>`,
})}</section>`
}

/** An app for somebody who is signed in. */
export function appPage(frame: Frame, state: FormState, offer: AppOffer): PageParts {
  const { texts, base } = frame
  return accountFrame(frame, state, {
    title: texts.factors.appTitle,
    lead: texts.factors.appLead,
    body: appForm(frame, state, { offer, to: `${base}/account/two-step/app` }),
  })
}
