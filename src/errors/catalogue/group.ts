import { type ClientCode, clientCodes } from '../client-codes.ts'

/** Where a cause lies. The first seventeen are the groups of the shared registry, the last two our own. */
export type Group =
  | 'transport'
  | 'proxy'
  | 'format'
  | 'keys'
  | 'time'
  | 'issuer'
  | 'revocation'
  | 'account'
  | 'permission'
  | 'refresh'
  | 'code flow'
  | 'client'
  | 'limits'
  | 'wiring'
  | 'docs'
  | 'socket'
  | 'replicas'
  | 'request'
  | 'service'

/** A good credential was refused, a bad one accepted, or the one or the other as the case may be. */
export type Effect = 'refused' | 'accepted' | 'both'

/** What is written down for a cause. */
export interface CauseFacts {
  readonly effect: Effect
  /** What the client is told; `none` where no answer of ours carries it, as the fault shows elsewhere. */
  readonly clientCode: ClientCode | 'none'
  /** In place of the client code's HTTP status, where the RFCs know a more exact one (405, 413, 415). */
  readonly status?: number
  /** The symptom in a line. */
  readonly meaning: string
  /** For the developer: what it usually is, and what to do. */
  readonly hint: string
  /** How our own design makes it impossible; absent where it can happen. */
  readonly prevented?: string
  /** For the client, in place of the client code's sentence; only where the client code is open to it. */
  readonly sentence?: string
  /** Not in the shared registry. */
  readonly own?: true
}

/** One cause, complete: what is written down, and what follows from its group and client code. */
export interface CatalogueEntry extends CauseFacts {
  readonly group: Group
  /** HTTP status of the answer; 500 without a client code, as answering with such a cause is a fault. */
  readonly status: number
  readonly sentence: string
}

/**
 * Completes the causes of a group. `sentences` replaces a client code's sentence for the whole group: the
 * client knows what it presented (a refresh token, a code), so the group tells it nothing new.
 */
export function defineGroup<Code extends string>(
  group: Group,
  causes: Readonly<Record<Code, CauseFacts>>,
  sentences: Readonly<Partial<Record<ClientCode, string>>> = {},
): Readonly<Record<Code, CatalogueEntry>> {
  const completed = Object.entries<CauseFacts>(causes).map(([code, facts]) => {
    const clientCode = facts.clientCode === 'none' ? 'server_error' : facts.clientCode
    const told = clientCodes[clientCode]
    const sentence = facts.sentence ?? sentences[clientCode] ?? told.sentence
    return [code, Object.freeze({ ...facts, group, status: facts.status ?? told.status, sentence })]
  })
  return Object.freeze(Object.fromEntries(completed))
}
