import { readToken, type SessionToken } from '../nodes/sessions.ts'
import { judgeRecovery } from '../recovery-bound.ts'
import type { Ledger } from '../torture.ts'

/** How long after it was confirmed an end may still be unknown to a node. */
export const BOUND_MILLISECONDS = 5000
/** What the nodes have not given back by then to a database that lost it, they never will, however busy the machine. */
const GIVEN_UP_MILLISECONDS = 60_000
/** So many refreshes that a database has lost are healed by the next one (PROTOCOL 1.5). */
const MOST_AHEAD = 4
/** Of what has ended, so much is presented again and again. */
const MOST_ENDED = 400

/** What came of a request, as its sender saw it. Times by the monotonic clock of this process, in milliseconds. */
export interface Seen {
  readonly node: number
  readonly sentAt: number
  readonly answeredAt: number
  /** Undefined: no answer. */
  readonly status: number | undefined
  readonly text: string
}

/** One sign-in, as far as it was confirmed. */
export interface HeldSession {
  readonly id: string
  readonly beganAt: number
  refresh: SessionToken
  access: HeldAccess
  /** Every refresh token that was answered, by its generation. */
  readonly texts: Map<number, string>
  /** From the moment its end was asked for: what is answered from then on may be either. */
  isEnding: boolean
  /** Refreshes that a fault which loses commits may undo. */
  unsafeTurns: number
  /** Whether a refresh has shown that it outlived the last loss of commits. */
  isSafe: boolean
}

export interface HeldAccess {
  readonly text: string
  readonly session: HeldSession
  isEnding: boolean
  /** When its end was confirmed. */
  endedAt: number | undefined
}

/** A refresh token whose session was confirmed to have ended: its newest, or one that was passed before. */
export interface EndedRefresh {
  readonly text: string
  readonly isNewest: boolean
  readonly endedAt: number
}

/** What a session that has ended leaves in the hands of its client. */
interface EndedSession {
  readonly newest: string
  /** Also those that were never presented again, for whoever kept a copy. */
  readonly older: readonly string[]
  readonly endedAt: number
}

interface Loss {
  readonly from: number
  until: number
}

/** What a fault may do to those who did nothing wrong. */
export interface Allowance {
  /**
   * What is confirmed from here to its end may be lost: sign-ins for good (PROTOCOL, limits), ends until a node that
   * remembers has written them back.
   */
  readonly losesCommits?: boolean
}

/** Knows what was confirmed, and judges every answer by it. */
export interface Referee {
  /** A fault begins. What is seen from here on is written into this ledger. */
  begin(ledger: Ledger, allowance?: Allowance): void
  /** The fault has ended: from here on time is taken. So long things take here in any case. Milliseconds. */
  healed(at: number, usualMilliseconds?: number): void

  /** So long after the end of the fault each node did everything again. */
  recovered(milliseconds: number, steps: string): void
  /** Nothing is judged by the end of the last fault any more. */
  rest(): void

  signedIn(seen: Seen): HeldSession | undefined
  /** Whether it was confirmed. */
  refreshed(session: HeldSession, sent: SessionToken, seen: Seen): boolean
  /** Whether one more refresh could be one too many for a database that loses the last commits. */
  mustSpare(session: HeldSession): boolean
  ended(session: HeldSession, seen: Seen): boolean
  accessEnded(access: HeldAccess, seen: Seen): boolean
  checked(access: HeldAccess, seen: Seen): boolean
  introspected(access: HeldAccess, seen: Seen): boolean
  refreshedAfterEnd(ended: EndedRefresh, seen: Seen): void
  /** Something that has ended, by chance. */
  endedAccess(below: (limit: number) => number): HeldAccess | undefined
  endedRefresh(below: (limit: number) => number): EndedRefresh | undefined
}

export interface RefereeOptions {
  /** Whether it is wrong to be slow. */
  readonly isTimed: boolean
  /** The clock of whoever asks. Milliseconds. */
  readonly now?: () => number
}

const NOBODYS: Ledger = { note: () => undefined, noteLargest: () => undefined, violation: () => undefined }

export function createReferee({ isTimed, now = () => performance.now() }: RefereeOptions): Referee {
  let ledger = NOBODYS
  let allowance: Allowance = {}
  const losses: Loss[] = []
  let healedAt: number | undefined
  let usual = 0
  const accesses: HeldAccess[] = []
  const endedSessions: EndedSession[] = []

  const keep = <Item>(list: Item[], item: Item): void => {
    list.push(item)
    if (list.length > MOST_ENDED) list.shift()
  }
  const late = (what: string, seen: Seen): void => {
    ledger.note(what)
    if (healedAt === undefined) return
    const milliseconds = seen.sentAt - healedAt - usual
    judgeRecovery(ledger, isTimed, { what, milliseconds, details: `node ${seen.node} ${seen.text}` })
  }
  /** An answer that is no verdict: one tries again. */
  const isTrouble = (seen: Seen): boolean => {
    const { status, text } = seen
    if (status === undefined) late('no answer', seen)
    // As many sign-ins at once as after a fault are more than few cores hash in time; that is no part of the fault.
    else if (status === 503 && text.includes('HASH_QUEUE_FULL')) ledger.note('sign-ins put off')
    else if (status === 503) late('try again', seen)
    else if (status === 429) ledger.note('too many requests')
    else if (status >= 500) ledger.violation(`answered ${status} ${text}`)
    else return false
    return true
  }
  /** What is accepted although its end was confirmed: for a moment it may be, and never past the bound. */
  const acceptedAfterEnd = (what: string, endedAt: number, { sentAt, node }: Seen): void => {
    if (sentAt <= endedAt) return
    const milliseconds = sentAt - endedAt
    ledger.noteLargest('latest acceptance (ms)', milliseconds)
    // What the database has lost is in memory still, and given back at the next question: that is a part of recovery.
    const loss = lossAround(endedAt)
    if (loss !== undefined) {
      ledger.note('of them lost by the database')
      const sinceLoss = sentAt - Math.min(sentAt, loss.until)
      const details = `node ${node} took ${what}`
      judgeRecovery(ledger, isTimed, { what: 'a lost end', milliseconds: sinceLoss, details })
      if (sinceLoss <= GIVEN_UP_MILLISECONDS) return
    } else if (milliseconds <= BOUND_MILLISECONDS) return
    const sinceHealed = healedAt === undefined ? '' : `, ${Math.round(endedAt - healedAt)} ms after the fault`
    ledger.violation(
      `node ${node} took ${what} ${Math.round(milliseconds)} ms after its end was confirmed${sinceHealed}`,
    )
  }
  const lossAround = (at: number): Loss | undefined =>
    losses.find(({ from, until }) => at > from && at <= until)
  const isLosing = (): boolean => allowance.losesCommits === true && healedAt === undefined
  const isLostWithCommits = ({ beganAt, isSafe }: HeldSession): boolean =>
    !isSafe && lossAround(beganAt) !== undefined
  const lost = (session: HeldSession, text: string): void => {
    if (session.isEnding) return
    session.isEnding = true
    if (isLostWithCommits(session)) ledger.note('sign-ins lost with the commits')
    else ledger.violation(`a session is lost at generation ${session.refresh.generation}: ${text}`)
  }
  const refused = ({ session, isEnding, text }: HeldAccess, seen: Seen): void => {
    if (isEnding || session.isEnding || text !== session.access.text || isLostWithCommits(session)) return
    ledger.violation(`node ${seen.node} refused a good access token: ${seen.text}`)
  }
  const endAccess = (access: HeldAccess, at: number): void => {
    access.isEnding = true
    access.endedAt = at
    keep(accesses, access)
  }
  /** Either 200 or 204 confirms; 400 and 401 say that there is nothing any more. */
  const isConfirmed = (seen: Seen, ...good: readonly number[]): boolean => {
    if (isTrouble(seen)) return false
    if (seen.status !== undefined && good.includes(seen.status)) return true
    ledger.violation(`an end was answered ${seen.status} ${seen.text}`)
    return false
  }

  return {
    begin(next, allowed = {}) {
      ledger = next
      allowance = allowed
      healedAt = undefined
      if (allowed.losesCommits) losses.push({ from: now(), until: Number.POSITIVE_INFINITY })
    },
    healed(at, usualMilliseconds = 0) {
      healedAt = at
      usual = usualMilliseconds
      for (const loss of losses) loss.until = Math.min(loss.until, at)
    },
    recovered(milliseconds, details) {
      judgeRecovery(ledger, isTimed, { what: 'back to normal', milliseconds: milliseconds - usual, details })
    },
    rest() {
      healedAt = undefined
    },
    signedIn(seen) {
      if (isTrouble(seen)) return undefined
      if (seen.status !== 200) {
        ledger.violation(`a sign-in was answered ${seen.status} ${seen.text}`)
        return undefined
      }
      ledger.note('sign-ins')
      const { access_token, refresh_token } = JSON.parse(seen.text)
      const refresh = readToken(String(refresh_token))
      const session: HeldSession = {
        id: refresh.sessionId,
        beganAt: seen.answeredAt,
        refresh,
        access: undefined as never,
        texts: new Map([[refresh.generation, refresh.text]]),
        isEnding: false,
        unsafeTurns: 0,
        isSafe: false,
      }
      session.access = { text: String(access_token), session, isEnding: false, endedAt: undefined }
      return session
    },
    refreshed(session, sent, seen) {
      if (isTrouble(seen)) return false
      if (seen.status !== 200) {
        lost(session, `${seen.status} ${seen.text}`)
        return false
      }
      ledger.note('refreshes')
      const { access_token, refresh_token } = JSON.parse(seen.text)
      const next = readToken(String(refresh_token))
      const known = session.texts.get(next.generation)
      if (next.sessionId !== session.id) ledger.violation('a refresh answered with another session')
      if (next.generation !== sent.generation + 1)
        ledger.violation(`generation ${next.generation} came after ${sent.generation}`)
      if (known !== undefined && known !== next.text)
        ledger.violation(`two live refresh tokens of generation ${next.generation}`)
      session.texts.set(next.generation, next.text)
      session.refresh = next
      session.access = { text: String(access_token), session, isEnding: false, endedAt: undefined }
      session.unsafeTurns = isLosing() ? session.unsafeTurns + 1 : 0
      session.isSafe = !isLosing() && (losses.at(-1)?.until ?? 0) < seen.sentAt
      return true
    },
    // One of them may have been carried out without an answer.
    mustSpare: ({ unsafeTurns }) => isLosing() && unsafeTurns >= MOST_AHEAD - 1,
    ended(session, seen) {
      if (!isConfirmed(seen, 200, 204)) return false
      ledger.note('sign-outs')
      endAccess(session.access, seen.answeredAt)
      const newest = session.refresh.text
      const older = [...session.texts.values()].filter((text) => text !== newest)
      keep(endedSessions, { newest, older, endedAt: seen.answeredAt })
      return true
    },
    accessEnded(access, seen) {
      if (!isConfirmed(seen, 200)) return false
      ledger.note('tokens revoked')
      endAccess(access, seen.answeredAt)
      return true
    },
    checked(access, seen) {
      if (seen.status === 204) {
        ledger.note('checks')
        if (access.endedAt !== undefined) acceptedAfterEnd('an access token', access.endedAt, seen)
        return true
      }
      if (seen.status === 401) refused(access, seen)
      else if (!isTrouble(seen)) ledger.violation(`a check was answered ${seen.status} ${seen.text}`)
      return false
    },
    introspected(access, seen) {
      if (isTrouble(seen)) return false
      if (seen.status !== 200) {
        ledger.violation(`an introspection was answered ${seen.status} ${seen.text}`)
        return false
      }
      ledger.note('introspections')
      const { active } = JSON.parse(seen.text)
      if (active !== true) refused(access, seen)
      else if (access.endedAt !== undefined) acceptedAfterEnd('an access token', access.endedAt, seen)
      return active === true
    },
    refreshedAfterEnd({ endedAt, isNewest }, seen) {
      if (isTrouble(seen)) return
      const which = isNewest ? 'its newest token' : 'an older token'
      if (seen.status === 200) {
        // The database itself knows: that is no matter of a bound, unless it has lost what it knew.
        if (lossAround(endedAt) !== undefined) acceptedAfterEnd('a refresh token', endedAt, seen)
        else ledger.violation(`node ${seen.node} refreshed a session whose end was confirmed, by ${which}`)
      } else if (seen.status !== 400) {
        ledger.violation(`an ended session was answered ${seen.status} ${seen.text}`)
      } else ledger.note(isNewest ? 'ended tokens presented' : 'older tokens of ended sessions presented')
    },
    endedAccess: (below) => accesses[below(accesses.length)],
    endedRefresh(below) {
      const ended = endedSessions[below(endedSessions.length)]
      if (ended === undefined) return undefined
      const { newest, older, endedAt } = ended
      // One of the older ones as often as the newest, for the two are refused for different reasons.
      const earlier = below(2) === 0 ? older[below(older.length)] : undefined
      return { text: earlier ?? newest, isNewest: earlier === undefined, endedAt }
    },
  }
}
