import { HOUR_MILLISECONDS } from '../../base/duration.ts'
import { diagnose } from '../../doctor/diagnose.ts'
import type { Evidence, ServiceConfig } from '../../doctor/evidence.ts'
import type { Diagnosis } from '../../doctor/finding.ts'
import { type PastedToken, readPasted } from '../../doctor/pasted-token.ts'
import { redact } from '../../doctor/redact.ts'
import { isHmac } from '../../doctor/signature-trial.ts'
import { clipped } from '../../doctor/words.ts'
import { type Cause, catalogue, type Group } from '../../errors/codes.ts'
import type { Principal } from '../../model/principal.ts'
import { doctorPage, type ShownCheck, type ShownDiagnosis, type ShownRefusals } from '../../pages/doctor.ts'
import type { RefusalCount } from '../../store/refusals.ts'
import { principalOf } from '../route.ts'
import type { Services } from '../services.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { openView } from './view.ts'

const HOURS = 24
const MOST_CAUSES = 6
const MOST_RECENT = 20
const OTHERS = 'OTHER'

export const showDoctor: PageHandler = async (context) => {
  const { services } = context
  const [view, refusals] = await Promise.all([openView(context), refusalsFor(principalOf(context), services)])
  return view.send(doctorPage(view.frame, view.state, { diagnosis: undefined, refusals }))
}

/** Nothing is changed, so the answer is the page itself; the token is looked at here, kept nowhere and sent nowhere. */
export const lookAtToken: PageHandler = async (context) => {
  const { services, body } = context
  const principal = principalOf(context)
  const { token } = readFields(body, { token: { most: 8192 } })
  const [view, refusals, diagnosis] = await Promise.all([
    openView(context),
    refusalsFor(principal, services),
    diagnoseFor(principal, token.trim(), services),
  ])
  return view.send(doctorPage(view.frame, view.state, { diagnosis, refusals }))
}

/**
 * Rule G-5: an operator may ask about any token, anybody else gets what rows say of the account only for a token of
 * their own.
 */
async function diagnoseFor(principal: Principal, text: string, services: Services): Promise<ShownDiagnosis> {
  const { settings, store, clock } = services.grants
  const pasted = readPasted(text)
  const published = (await services.keys.publicKeys()).keys
  const isShared = isOfSharedSecret(pasted, published, services)
  const keys = isShared ? [] : published
  const config: ServiceConfig = {
    issuer: settings.issuer,
    audience: settings.audience,
    skew_s: 5,
    ...(keys.length > 0 && { keys: keys as unknown as NonNullable<ServiceConfig['keys']> }),
  }
  const { sub, sid } = pasted.claims ?? {}
  const maySee = typeof sub === 'string' && (sub === principal.id || isOperator(principal))
  const user = maySee && /^[0-9a-f-]{36}$/.test(sub) ? await store.users.find(sub) : undefined
  const sessions = user === undefined ? [] : await store.sessions.list(user.id)
  const isOver = user !== undefined && typeof sid === 'string' && !sessions.some(({ id }) => id === sid)
  const evidence: Evidence = {
    tokens: [{ text, ...(maySee && isShared && { genuine: isGenuine(pasted, services) }) }],
    config,
    ...(user !== undefined && {
      store: {
        users: [{ id: user.id, ver: user.ver, disabled: user.state === 'disabled' }],
        ...(isOver && { sessions: [{ id: sid, user: user.id, ended_at: clock.now() / 1000 }] }),
      },
    }),
  }
  const nowSeconds = clock.now() / 1000
  const diagnosis = redact(diagnose(evidence, nowSeconds), evidence)
  return {
    verdict: diagnosis.verdict,
    cause: causeOf(diagnosis),
    fix: diagnosis.verdict === 'undecided' ? diagnosis.wanted.slice(0, 3) : (diagnosis.causes[0]?.fix ?? []),
    checks: checksOf(diagnosis, pasted),
    claims: claimsOf(pasted),
    isProven: isProven(diagnosis),
  }
}

/**
 * Whether access tokens of its algorithm are made with a secret here. None is shown: the issuer checks such a signature
 * itself, and tells no more. Keys that are published may then be those of ID tokens, or of before a change of algorithm.
 */
function isOfSharedSecret(
  { header }: PastedToken,
  published: readonly { readonly kid?: unknown }[],
  { findKey }: Services,
): boolean {
  if (!isHmac(header?.alg)) return false
  const keyOf = (kid: unknown) => (typeof kid === 'string' ? findKey(kid) : undefined)
  return (
    keyOf(header?.kid)?.algorithm === header?.alg || published.every(({ kid }) => keyOf(kid) === undefined)
  )
}

/** Of the signature alone: nothing that the token says is looked at. */
function isGenuine({ header, signingInput, signature }: PastedToken, { findKey }: Services): boolean {
  const key = typeof header?.kid === 'string' ? findKey(header.kid) : undefined
  return key !== undefined && key.algorithm === header?.alg && key.verify(signingInput, signature)
}

function causeOf({ causes: [first] }: Diagnosis): ShownDiagnosis['cause'] {
  return first && { code: first.code, certainty: first.certainty, meaning: catalogue[first.code].meaning }
}

const GROUPS: Readonly<Record<ShownCheck['name'], readonly Group[]>> = {
  form: ['transport', 'format'],
  signature: ['keys'],
  issuer: ['issuer'],
  audience: ['issuer'],
  times: ['time'],
  account: ['revocation', 'account', 'client'],
}

function isProven({ ruledOut }: Diagnosis): boolean {
  return ruledOut.some(({ code }) => code === 'SIG_WRONG_KEY')
}

/** Rule A18: of a token that is not shown to be genuine, nothing that it says is in order. */
function checksOf(diagnosis: Diagnosis, { parts, header, claims }: PastedToken): readonly ShownCheck[] {
  const { causes, ruledOut } = diagnosis
  const isWhole = parts.length === 3 && header !== undefined && claims !== undefined
  return (Object.keys(GROUPS) as ShownCheck['name'][]).map((name) => {
    const isOf = (code: Cause): boolean => {
      const isAudience = /^AUD_|^ID_TOKEN/.test(code)
      return (
        GROUPS[name].includes(catalogue[code].group) &&
        (name === 'audience' ? isAudience : name !== 'issuer' || !isAudience)
      )
    }
    const found = causes.filter(({ code }) => isOf(code))
    if (found.length > 0) return { name, state: 'failed', seen: found.flatMap(({ evidence }) => evidence) }
    const cleared = ruledOut.filter(({ code }) => isOf(code))
    const seen = [...new Set(cleared.map(({ why }) => why))]
    if (name === 'form') return { name, state: isWhole ? 'passed' : 'open', seen }
    if (!isProven(diagnosis)) return { name, state: 'open', seen: seen.map((why) => `Not proven: ${why}.`) }
    return { name, state: cleared.length > 0 ? 'passed' : 'open', seen }
  })
}

const TIMES = ['exp', 'iat', 'nbf', 'auth_time']

function claimsOf({ header = {}, claims = {} }: ReturnType<typeof readPasted>): [string, string][] {
  return Object.entries({ ...header, ...claims })
    .slice(0, 40)
    .map(([name, value]) => [
      clipped(name, 60),
      TIMES.includes(name) && typeof value === 'number' ? `${value} (${dateOf(value)})` : clipped(value, 200),
    ])
}

function dateOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? '–' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function isOperator({ scopes }: Principal): boolean {
  return scopes.includes('admin:events')
}

/** What was refused within a day, for those who may read the events. */
async function refusalsFor(principal: Principal, { grants }: Services): Promise<ShownRefusals | undefined> {
  if (!isOperator(principal)) return undefined
  const { store, clock } = grants
  const now = clock.now()
  const first = now - (now % HOUR_MILLISECONDS) - (HOURS - 1) * HOUR_MILLISECONDS
  const [counts, recent] = await Promise.all([
    store.refusals.counts(first),
    store.refusals.list({ since: first, limit: MOST_RECENT }),
  ])
  const causes = commonest(counts)
  const shown = new Set(causes.map(({ code }) => code))
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    at: first + index * HOUR_MILLISECONDS,
    counts: {} as Record<string, number>,
  }))
  for (const { at, code, count } of counts) {
    const hour = hours[Math.floor((at - first) / HOUR_MILLISECONDS)]
    if (hour === undefined) continue
    const name = shown.has(code) ? code : OTHERS
    hour.counts[name] = (hour.counts[name] ?? 0) + count
  }
  return {
    hours,
    causes,
    recent: recent.map(({ reference, code, at, facts, node }) => ({
      reference,
      code,
      at,
      route: String(facts.route ?? ''),
      node,
    })),
  }
}

function commonest(counts: readonly RefusalCount[]): ShownRefusals['causes'] {
  const sums = new Map<string, number>()
  for (const { code, count } of counts) sums.set(code, (sums.get(code) ?? 0) + count)
  const sorted = [...sums].sort(([, a], [, b]) => b - a)
  const meaningOf = (code: string): string =>
    Object.hasOwn(catalogue, code) ? catalogue[code as Cause].meaning : ''
  const named = sorted
    .slice(0, MOST_CAUSES - 1)
    .map(([code, count]) => ({ code, count, meaning: meaningOf(code) }))
  const rest = sorted.slice(MOST_CAUSES - 1).reduce((sum, [, count]) => sum + count, 0)
  return rest === 0 ? named : [...named, { code: OTHERS, count: rest, meaning: '' }]
}
