import { attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import type { FactorMethod } from '../model/second-factor.ts'
import { errorSummary, type FormState, field, form, hasFailed, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, type PageParts } from './layout.ts'
import { otherWaysIn, type ShownProvider } from './providers.ts'
import { qrPicture } from './qr.ts'

export interface StepParts {
  /** The challenge of the sign-in; a page of whoever is signed in already has none. */
  readonly challenge: string | undefined
  readonly methods: readonly FactorMethod[]
  /** By a recovery code, as was asked for. */
  readonly byRecovery: boolean
  readonly returnTo: string | undefined
  /** Where the form goes, and the page that it stands on. */
  readonly at: '/login/step' | '/login/again'
  /** The current password is asked for, where there is no second factor to prove. */
  readonly byPassword?: boolean
  /** Those that open the account, where there is no second factor to prove. */
  readonly providers?: readonly ShownProvider[]
  /** Where a password can be set, for an account that has none and no second factor. */
  readonly reset?: string | undefined
}

/** The second step of a sign-in, or the proof of somebody who is signed in: a code, a recovery code or a passkey. */
export function stepPage(frame: Frame, state: FormState, parts: StepParts): PageParts {
  const { step } = frame.texts
  const { methods, at } = parts
  const withApp = methods.includes('totp')
  const byCode = withApp && !parts.byRecovery
  const isElsewhere =
    parts.byPassword === true || parts.reset !== undefined || (parts.providers ?? []).length > 0
  const byRecovery = parts.byRecovery || (!withApp && !methods.includes('passkey') && !isElsewhere)
  const title = titleOf(frame, parts, byCode, byRecovery)
  const lead =
    at === '/login/again'
      ? step.againLead
      : byCode
        ? step.lead
        : byRecovery
          ? step.recoveryLead
          : step.passkeyLead
  const main = parts.byPassword
    ? passwordStep(frame, state, parts)
    : byCode || byRecovery
      ? codeStep(frame, state, parts, byRecovery)
      : undefined
  const passkey = methods.includes('passkey') && passkeyStep(frame, state, parts, main === undefined)
  return {
    title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(title, lead)}
${main}
${otherWaysIn(frame, { passkey, providers: parts.providers ?? [], returnTo: parts.returnTo, isOther: main !== undefined, anew: true })}
${otherWays(frame, parts, byRecovery)}`,
  }
}

function titleOf(
  { texts: { step } }: Frame,
  { at }: StepParts,
  byCode: boolean,
  byRecovery: boolean,
): string {
  if (at === '/login/again') return step.again
  if (byCode) return step.title
  return byRecovery ? step.recoveryTitle : step.passkeyTitle
}

function hiddenOf({ challenge, methods, returnTo, byRecovery }: StepParts) {
  const by = byRecovery ? 'recovery' : 'app'
  return { challenge_token: challenge, methods: methods.join(' '), return_to: returnTo, by }
}

function codeStep(frame: Frame, state: FormState, parts: StepParts, byRecovery: boolean): SafeHtml {
  const { texts, base } = frame
  const { step } = texts
  const code = byRecovery
    ? field(state, {
        name: 'code',
        label: step.recovery,
        autocomplete: 'off',
        most: 64,
        isLatin: true,
        first: true,
      })
    : field(state, {
        name: 'code',
        label: step.code,
        autocomplete: 'one-time-code',
        inputmode: 'numeric',
        most: 10,
        isLatin: true,
        first: true,
      })
  const body = html`${code}${mainButton(step.button)}`
  return form(state, { to: base + parts.at, hidden: hiddenOf(parts), body })
}

function passwordStep(frame: Frame, state: FormState, parts: StepParts): SafeHtml {
  const { texts, base } = frame
  const body = html`${passwordField(frame, state, {
    name: 'password',
    label: texts.fields.password,
    autocomplete: 'current-password',
    first: true,
  })}${mainButton(texts.step.button)}`
  return form(state, { to: base + parts.at, hidden: hiddenOf(parts), body })
}

function passkeyStep(frame: Frame, state: FormState, parts: StepParts, isOnly: boolean): SafeHtml {
  const { texts, base } = frame
  const options = parts.at === '/login/again' ? '/session/renewal/options' : '/sign-in/passkey/options'
  return passkeyForm(frame, state, {
    to: base + parts.at,
    options: base + options,
    kind: 'get',
    send: parts.challenge === undefined ? {} : { challenge_token: parts.challenge },
    hidden: {
      methods: parts.methods.join(' '),
      return_to: parts.returnTo,
      challenge_token: parts.challenge ?? '',
    },
    button: html`<button class="${isOnly ? 'main' : 'other main-width'}" type="submit">${texts.step.passkey}</button>`,
    fallback: isOnly ? texts.step.needsScript : undefined,
  })
}

export interface PasskeyFormParts {
  readonly to: string
  /** Where the options come from, what is sent for them, and the field that their challenge goes into. */
  readonly options: string
  readonly send?: Readonly<Record<string, unknown>>
  readonly token?: string
  readonly kind: 'get' | 'create'
  /** Whether passkeys are offered by the browser's own autofill as well. */
  readonly autofill?: boolean
  readonly hidden: Readonly<Record<string, string | undefined>>
  readonly button: HtmlValue
  /** What is said where there is no script. */
  readonly fallback?: string | undefined
  readonly class?: string
}

/** A form that the script fills in with what the browser makes of a passkey; hidden where there is no script. */
export function passkeyForm({ texts }: Frame, state: FormState, parts: PasskeyFormParts): SafeHtml {
  const { fallback, token = 'challenge_token' } = parts
  const data = attributes({
    'data-passkey': parts.kind,
    'data-options': parts.options,
    'data-send': JSON.stringify(parts.send ?? {}),
    'data-token': token,
    'data-failed': texts.step.passkeyFailed,
    'data-autofill': parts.autofill === true,
    hidden: true,
  })
  const filled = { ...parts.hidden, [token]: parts.hidden[token] ?? '', credential: '' }
  return html`${form(state, {
    to: parts.to,
    data,
    hidden: filled,
    ...(parts.class !== undefined && { class: parts.class }),
    body: html`${parts.button}<p class="problem" role="status"></p>`,
  })}${fallback !== undefined && html`<noscript><p>${fallback}</p></noscript>`}`
}

function otherWays(frame: Frame, parts: StepParts, byRecovery: boolean): HtmlValue {
  const { texts, base } = frame
  const { step } = texts
  const { methods, at, returnTo } = parts
  const back: Record<string, string> = returnTo === undefined ? {} : { return_to: returnTo }
  const by = (way: string) => `${base}${at}?${new URLSearchParams({ ...back, by: way })}`
  const recovery =
    methods.includes('recovery_code') &&
    !byRecovery &&
    html`<p><a href="${by('recovery')}">${step.useRecovery}</a></p>`
  const app = methods.includes('totp') && byRecovery && html`<p><a href="${by('app')}">${step.useApp}</a></p>`
  const start =
    at === '/login/step' &&
    html`<p><a href="${base}/login${returnTo === undefined ? '' : `?${new URLSearchParams(back)}`}">${step.startAgain}</a></p>`
  const reset = parts.reset !== undefined && html`<p><a href="${parts.reset}">${step.setPassword}</a></p>`
  return html`<div class="after">${recovery}${app}${reset}${start}</div>`
}

export interface AppOffer {
  /** To be sent back with the code. */
  readonly token: string
  readonly uri: string
  readonly modules: readonly (readonly boolean[])[]
}

/** An authenticator app: scanned, typed or opened, then proven by its first code. */
export function appForm(
  frame: Frame,
  state: FormState,
  {
    offer,
    to,
    hidden = {},
  }: { readonly offer: AppOffer; readonly to: string; readonly hidden?: Record<string, string | undefined> },
): SafeHtml {
  const { texts } = frame
  const { factors, step, common } = texts
  const secret = new URLSearchParams(offer.uri.split('?')[1]).get('secret') ?? ''
  const copying = attributes({ 'data-copy': common.copy, 'data-copied': common.copied })
  const body = html`
${field(state, {
  name: 'code',
  label: step.code,
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  most: 10,
  isLatin: true,
})}
${mainButton(factors.confirm)}`
  return html`<div class="app">${qrPicture(offer.modules, factors.qr)}
<p><a href="${offer.uri}">${factors.open}</a></p>
<div class="secret" ${copying}><span class="muted small">${factors.key}</span><code>${secret.replace(/.{4}(?=.)/g, '$& ')}</code></div></div>
${form(state, { to, body, class: 'narrow', hidden: { ...hidden, offer_token: offer.token, uri: offer.uri } })}`
}

/** A factor that has to be set up before a sign-in can go on. */
export function enrolPage(
  frame: Frame,
  state: FormState,
  parts: { readonly challenge: string; readonly offer: AppOffer; readonly returnTo: string | undefined },
): PageParts {
  const { texts, base } = frame
  const { factors } = texts
  return {
    title: factors.appTitle,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}
${heading(factors.appTitle, factors.enrol)}
<p>${factors.appLead}</p>
${appForm(frame, state, {
  offer: parts.offer,
  to: `${base}/login/enrol`,
  hidden: { challenge_token: parts.challenge, return_to: parts.returnTo },
})}`,
  }
}
