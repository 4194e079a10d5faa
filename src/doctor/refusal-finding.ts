import { type Cause, catalogue } from '../errors/codes.ts'
import type { RefusalRecord } from '../store/refusals.ts'
import type { Diagnosis } from './finding.ts'
import { certain } from './finding.ts'
import { ago, moment } from './words.ts'

/** What the store says now about what a refusal was about; a part that is absent was not found. */
export interface RefusalContext {
  readonly user?: { readonly id: string; readonly disabled: boolean; readonly verified: boolean } | undefined
  readonly session?: { readonly id: string; readonly isAlive: boolean } | undefined
  readonly key?: { readonly kid: string; readonly phase: string } | undefined
  readonly client?: { readonly id: string; readonly state: string } | undefined
}

const FACT_WORDS: readonly (readonly [string, string])[] = [
  ['status', 'answered with status'],
  ['credential', 'kind of credential'],
  ['credential_fp', 'fingerprint of the credential'],
  ['address', 'address'],
  ['peer', 'connection from'],
  ['forwarded_for', 'X-Forwarded-For'],
  ['headers', 'headers present'],
  ['alg', 'alg of the token'],
  ['kid', 'kid of the token'],
  ['iss', 'issuer the token names'],
  ['aud', 'audience the token names'],
  ['exp', 'end of the token'],
  ['seconds_left', 'seconds the token had left'],
]

/**
 * What happened at a refusal, by its record: the cause is the one that the service itself named, so it is certain. Without a
 * context, as where the store is away, nothing is said of how things stand now.
 */
export function diagnoseRefusal(
  record: RefusalRecord,
  context: RefusalContext | undefined,
  nowSeconds: number,
): Diagnosis {
  const { facts, node } = record
  const { user, session, key, client } = context ?? {}
  const entry = Object.hasOwn(catalogue, record.code) ? catalogue[record.code as Cause] : undefined
  const started = Number(facts.node_started_at)
  const evidence = [
    `${String(facts.route)} was refused ${ago(record.at / 1000, nowSeconds)} by node ${node}${Number.isFinite(started) ? `, which was started ${ago(started, nowSeconds)}` : ''} (configuration ${String(facts.config_fp)}).`,
    ...FACT_WORDS.flatMap(([name, words]) =>
      facts[name] === undefined ? [] : [`${words}: ${factOf(name, facts[name])}`],
    ),
    ...Object.entries(facts).flatMap(([name, value]) =>
      name.startsWith('detail_') ? [`${name.slice(7)}: ${textOf(value)}`] : [],
    ),
    ...(facts.kid === undefined || context === undefined
      ? []
      : [
          `signing key now: ${key === undefined ? 'not among the keys of this issuer' : `${key.kid}, ${key.phase}`}`,
        ]),
    ...(session === undefined
      ? []
      : [`session now: ${session.isAlive ? 'alive' : 'ended, or none of this account'}`]),
    ...(user === undefined ? [] : [`account now: ${user.id}, ${user.disabled ? 'disabled' : 'enabled'}`]),
    ...(client === undefined ? [] : [`client now: ${client.id}, ${client.state}`]),
    ...(facts.kid === undefined && facts.iss === undefined
      ? []
      : ['What the token says of itself is not proven: the event keeps no token.']),
  ]
  const finding = certain(record.code as Cause, { evidence, fix: [entry?.hint ?? 'See docs/refusals.md.'] })
  return {
    verdict: 'cause',
    causes: [finding],
    ruledOut: [],
    notChecked: [
      'the request itself: the event keeps names of headers and fingerprints, never values',
      ...(context === undefined
        ? ['how account, session, client and keys stand now: the store does not answer']
        : []),
    ],
    wanted: [],
  }
}

function factOf(name: string, value: unknown): string {
  if (name === 'exp' && typeof value === 'number') return moment(value)
  return name === 'headers' && Array.isArray(value) && value.length === 0
    ? 'none that tells anything'
    : textOf(value)
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}
