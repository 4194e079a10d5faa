import { diagnoseRefusal, type RefusalContext } from './doctor/refusal-finding.ts'
import { AuthError } from './errors/auth-error.ts'
import { type Cause, catalogue } from './errors/codes.ts'
import type { RefusalCount, RefusalRecord } from './store/refusals.ts'
import type { Store } from './store/store.ts'
import type { RefusalLog } from './telemetry/refusal-log.ts'

/** A refusal, explained to whoever runs the service. Not for clients: it tells apart what must look alike to them. */
export interface Explanation {
  readonly reference: string | undefined
  /** The cause, by its upper-case code; undefined where nothing is known of this reference any more. */
  readonly cause: Cause | undefined
  /** What happened, in one sentence. */
  readonly meaning: string
  /** What it usually is, and what to do. */
  readonly hint: string
  /** What was seen, sentence by sentence. Never a credential. */
  readonly evidence: readonly string[]
  readonly record: RefusalRecord | undefined
}

/** An error that was thrown by us, an answer of ours, or the reference that a client was given. */
export type Explainable = string | Error | Response

export interface Refusals {
  /** The record of a refusal by its reference; undefined where it is gone, or was one of too many in a flood. */
  find(reference: string): Promise<RefusalRecord | undefined>
  /** Newest first. */
  list(filter: { readonly since?: number; readonly limit: number }): Promise<readonly RefusalRecord[]>
  /** Exact numbers by cause, node and slot of ten minutes. */
  counts(since: number): Promise<readonly RefusalCount[]>
  /** What the store knows now about what a refusal was about. */
  contextOf(record: RefusalRecord): Promise<RefusalContext>
}

const NOTHING_KNOWN =
  'Nothing is known of this reference: it is too old, of another issuer, or was one of too many in a flood. The log line under it names the cause.'

export function createRefusals(store: Store, log: RefusalLog): Refusals {
  return {
    find: async (reference) =>
      log.recent().findLast((record) => record.reference === reference) ??
      (await store.refusals.find(reference)),
    list: (filter) => store.refusals.list(filter),
    counts: (since) => store.refusals.counts(since),
    async contextOf({ facts }) {
      // Of a request for a token it is the one that proved itself; a token names the one it was made for.
      const named = [facts.user, facts.sid, facts.kid, facts.detail_clientId ?? facts.client]
      const [userId, sessionId, kid, clientId] = named.map((value) =>
        typeof value === 'string' ? value : undefined,
      )
      const [user, sessions, ring, client] = await Promise.all([
        userId === undefined ? undefined : store.users.find(userId),
        userId === undefined || sessionId === undefined ? [] : store.sessions.list(userId),
        kid === undefined ? undefined : store.keys.ring(),
        clientId === undefined ? undefined : store.clients.find(clientId),
      ])
      const key = ring?.keys.find((one) => one.kid === kid)
      const isAlive = sessions.some(({ id }) => id === sessionId)
      return {
        user: user && { id: user.id, disabled: user.state === 'disabled', verified: user.emailVerified },
        session: sessionId === undefined || userId === undefined ? undefined : { id: sessionId, isAlive },
        key: key && { kid: key.kid, phase: key.phase },
        client: client && { id: client.id, state: client.state },
      }
    },
  }
}

/** See `auth.explain`. */
export async function explain(
  subject: Explainable,
  refusals: Refusals,
  nowSeconds: number,
): Promise<Explanation> {
  if (subject instanceof AuthError) return explainCause(subject.code, undefined, detailsOf(subject))
  if (subject instanceof Error) {
    // Frameworks put an error that they pass on into one of their own.
    const own = ownErrorIn(subject)
    return own === undefined
      ? explainCause('INTERNAL', undefined, [])
      : explainCause(own.code, undefined, detailsOf(own))
  }
  if (subject instanceof Response && subject.bodyUsed) {
    const meaning =
      'The answer was read already, and its reference with it: hand over the reference, or a clone.'
    return { reference: undefined, cause: undefined, meaning, hint: '', evidence: [], record: undefined }
  }
  const reference = typeof subject === 'string' ? subject.trim() : await referenceOf(subject)
  const record = reference === undefined ? undefined : await refusals.find(reference)
  if (record === undefined) {
    return { reference, cause: undefined, meaning: NOTHING_KNOWN, hint: '', evidence: [], record }
  }
  // What is remembered here is told also while the store is away, which may be what it is about.
  const context = await refusals.contextOf(record).catch(() => undefined)
  const { causes } = diagnoseRefusal(record, context, nowSeconds)
  return explainCause(record.code as Cause, reference, causes[0]?.evidence ?? [], record)
}

function explainCause(
  cause: Cause,
  reference: string | undefined,
  evidence: readonly string[],
  record?: RefusalRecord,
): Explanation {
  const { meaning, hint } = Object.hasOwn(catalogue, cause) ? catalogue[cause] : OF_ANOTHER_RELEASE
  return { reference, cause, meaning, hint, evidence, record }
}

const OF_ANOTHER_RELEASE = {
  meaning: 'A cause that this release does not know: a node of a newer one has written it.',
  hint: 'Ask there, or see docs/refusals.md of that release.',
}

const MOST_WRAPPINGS = 8

function ownErrorIn(error: Error): AuthError | undefined {
  let inner: unknown = error.cause
  for (let depth = 0; depth < MOST_WRAPPINGS && inner instanceof Error; depth++) {
    if (inner instanceof AuthError) return inner
    inner = inner.cause
  }
  return undefined
}

function detailsOf({ refusal }: AuthError): string[] {
  return Object.entries(refusal.details).map(([name, value]) => `${name}: ${String(value)}`)
}

/** The reference in an answer of ours. The answer itself is left unread for whoever sends it on. */
async function referenceOf(response: Response): Promise<string | undefined> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  const reference =
    typeof body === 'object' && body !== null && 'reference' in body ? body.reference : undefined
  return typeof reference === 'string' ? reference : undefined
}
