import type { Cause } from '../errors/codes.ts'
import type { Evidence } from './evidence.ts'
import { type Facts, readFacts } from './facts.ts'
import type { Diagnosis, Finding } from './finding.ts'
import { isAccepted, isRefused, isWithheld } from './http-facts.ts'
import { listNotChecked, listWanted, ruleOut } from './looked-at.ts'
import { causeInAnswer, doubted } from './own-answer.ts'
import { allRules } from './rules/all.ts'

/**
 * What the evidence says: causes in order, each with its proof and its fix. Pure: no clock, no network, no file; the
 * same evidence gives the same answer. It never advises to accept more, and repeats no credential.
 */
export function diagnose(evidence: Evidence, nowSeconds: number): Diagnosis {
  const facts = readFacts(evidence, nowSeconds)
  const all = allRules.flatMap((rule) => rule(facts) ?? []).map((finding) => doubted(finding, facts))
  const found = isWithheld(facts) ? all.filter(({ code }) => !OF_ABSENCE.has(code)) : all
  const causes = settle(found.some(isCertain) ? found : [...found, ...[causeInAnswer(facts) ?? []].flat()])
  const named = new Set(causes.map(({ code }) => code))
  const verdict = causes.length > 0 ? 'cause' : isDecided(facts) ? 'ok' : 'undecided'
  return {
    verdict,
    causes,
    ruledOut: ruleOut(facts).filter(({ code }) => !named.has(code)),
    notChecked: listNotChecked(facts),
    wanted: verdict === 'undecided' ? listWanted(facts) : [],
  }
}

/** Causes that are seen by a header which is not there. They are not told of a record that leaves credentials out. */
const OF_ABSENCE: ReadonlySet<Cause> = new Set([
  'HDR_MISSING',
  'HDR_WRONG_LOCATION',
  'HDR_DROPPED_ON_REDIRECT',
  'PROXY_STRIPS_AUTH',
  'STATUS_SWAPPED',
  'CORS_CREDENTIALS',
  'THIRD_PARTY_COOKIE_BLOCKED',
  'COOKIE_SAMESITE',
  'COOKIE_SECURE_NO_PROXY_TRUST',
  'STATE_COOKIE_MISSING',
  'SESSION_STORE_LOST',
  'SHARED_CACHE',
  'WS_HEADER_IMPOSSIBLE',
  'CLIENT_AUTH_METHOD',
])

/**
 * One finding a code; none that only follows from another; proven ones first, in the order of the rules. Only the first
 * is known to have refused: what stands behind it was not reached, and is sure once the first is out of the way.
 */
function settle(found: readonly Finding[]): readonly Finding[] {
  const ordered = [...found.filter(isCertain), ...found.filter((finding) => !isCertain(finding))]
  const distinct = ordered.filter(
    ({ code }, index) => ordered.findIndex((one) => one.code === code) === index,
  )
  const kept: Finding[] = []
  for (const finding of distinct) {
    const isExplained = distinct.some(
      (other) =>
        other !== finding &&
        other.explains.includes(finding.code) &&
        (isCertain(other) || !isCertain(finding)) &&
        !(finding.explains.includes(other.code) && distinct.indexOf(finding) < distinct.indexOf(other)),
    )
    if (!isExplained) kept.push(finding)
  }
  return kept.map((finding, index) => (index === 0 ? finding : asFurther(finding)))
}

function isCertain({ certainty }: Finding): boolean {
  return certainty === 'certain'
}

function asFurther(finding: Finding): Finding {
  if (!isCertain(finding)) return finding
  return {
    ...finding,
    certainty: 'probable',
    settledBy: ['correct the first cause, then ask again: this one was not reached yet'],
  }
}

/** Whether enough was looked at to say that nothing is wrong. */
function isDecided({ exchanges, token, signature, events, evidence, hasConfig }: Facts): boolean {
  if (exchanges.some(isRefused)) return false
  if (events.some(({ outcome }) => outcome === 'refused')) return false
  if (token !== undefined) return signature.kind === 'genuine' && (hasConfig || evidence.jwks !== undefined)
  if (exchanges.length > 0)
    return exchanges.every(
      (one) => isAccepted(one) || (one.response !== undefined && one.response.status < 400),
    )
  return (
    hasConfig ||
    events.length > 0 ||
    [evidence.nodes, evidence.openapi, evidence.routes, evidence.store, evidence.clocks, evidence.jwks].some(
      (one) => one !== undefined,
    )
  )
}
