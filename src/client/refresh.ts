import { meaningOf } from './answers.ts'
import { ClientError } from './client-error.ts'
import { explain } from './explain.ts'
import type { Farewell, HeldTokens } from './held-tokens.ts'
import { askIssuer, DEADLINE_MILLISECONDS } from './issuer-call.ts'
import type { Surroundings } from './surroundings.ts'
import { freshnessOf, type TokenRecord } from './token-record.ts'
import type { TakeTurns } from './turns.ts'

/** How often an answer that was lost or unclear is asked for again. */
const TRIES = 3
/** The longest wait that is made for a caller; longer ones are told instead. */
const LONGEST_WAIT_SECONDS = 30
/** For so long nobody is asked who said to come later; a page that tells of maintenance may say a day. */
const LONGEST_PAUSE_SECONDS = 300
const BACK_OFF_MILLISECONDS = 300
/** How often somebody who makes turns without Web Locks looks whether the other has finished. */
const LOOK_MILLISECONDS = 150
/** Somebody else was faster so often that something else must be wrong. */
const MOST_ROUNDS = 200
/** After giving up nobody is asked for so long: calls that come meanwhile are told the same. */
const PAUSE_MILLISECONDS = 3000

export interface RefreshParts {
  readonly surroundings: Surroundings
  readonly held: HeldTokens
  readonly issuer: string
  readonly clientId: string
  readonly turns: TakeTurns | undefined
}

/**
 * Gets the successor of a token, once for all callers of all tabs (PROTOCOL: "Client store"). Resolves when the held
 * token is another one, or gone because the server said that the session is over; rejects with a ClientError when that
 * could not be found out, and then nothing was lost.
 */
export type Refresh = (stale: TokenRecord) => Promise<void>

export function createRefresh({ surroundings, held, issuer, clientId, turns }: RefreshParts): Refresh {
  let running: Promise<void> | undefined
  let pause: { readonly until: number; readonly error: ClientError } | undefined

  const giveUp = (error: ClientError, milliseconds: number): never => {
    pause = { until: surroundings.elapsed() + milliseconds, error }
    throw error
  }
  const backOff = (tries: number) =>
    surroundings.wait(BACK_OFF_MILLISECONDS * 2 ** tries * (0.5 + surroundings.chance()))

  const work = async (stale: TokenRecord): Promise<void> => {
    if (pause !== undefined && surroundings.elapsed() < pause.until) throw pause.error
    let tries = 0
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const text = await held.reload()
      const { record } = held
      if (record === undefined || isNewer(record, stale, held.serverNow())) return
      // None was given: `offline_access` was not asked for.
      if (record.refresh === '') {
        await held.write(text, undefined, { why: 'ended' })
        return
      }
      if (turns === undefined && isBusy(record, surroundings.now())) {
        await surroundings.wait(LOOK_MILLISECONDS)
        continue
      }
      const noted = await noteAttempt(text, record)
      if (noted === undefined) continue

      const { refresh, attempt = '' } = noted.record
      const parameters = { refresh_token: refresh, client_id: clientId }
      const answer = await askIssuer(surroundings, `${issuer}/refresh`, parameters, {
        'idempotency-key': attempt,
      })
      const meaning = meaningOf(answer)
      switch (meaning.kind) {
        case 'tokens': {
          const next = held.recordOf(meaning.tokens, answer, record)
          // The storage may be full by now. It still holds the former token and the key of this attempt, which get the
          // same successor again; until then this page has it.
          await replace(noted, next).catch(() => held.keep(next))
          return
        }
        case 'ended':
          await replace(noted, undefined, { why: 'ended', reference: meaning.error.reference })
          return
        case 'refused':
          return giveUp(meaning.error, PAUSE_MILLISECONDS)
        case 'wait':
          if (++tries >= TRIES || meaning.seconds > LONGEST_WAIT_SECONDS)
            return giveUp(meaning.error, Math.min(meaning.seconds, LONGEST_PAUSE_SECONDS) * 1000)
          await surroundings.wait(meaning.seconds * 1000)
          break
        case 'unclear':
          if (++tries >= TRIES)
            return giveUp(await explain(meaning.error, issuer, surroundings), PAUSE_MILLISECONDS)
          await backOff(tries)
      }
    }
    throw new ClientError('Tokens change all the time.', { code: 'REFRESH_LOOP' })
  }

  /** The key of the attempt, stored before it is sent; one that is there already belongs to an answer that was lost. */
  const noteAttempt = async (text: string | undefined, record: TokenRecord): Promise<Noted | undefined> => {
    if (record.attempt !== undefined && turns !== undefined) return { text, record }
    const attempt = record.attempt ?? surroundings.newKey()
    const busy = surroundings.now() + DEADLINE_MILLISECONDS
    const next = { ...record, attempt, busy }
    const written = await held.note(text, next)
    return written === undefined ? undefined : { text: written, record: next }
  }

  /** Only while the token that was sent is still there: else this is the answer of somebody who lost a race. */
  const replace = async (sent: Noted, next: TokenRecord | undefined, farewell?: Farewell) => {
    let { text } = sent
    while (!(await held.write(text, next, farewell))) {
      text = await held.reload(farewell)
      if (held.record?.refresh !== sent.record.refresh) return
    }
  }

  return (stale) => {
    running ??= (turns ? turns(() => work(stale)) : work(stale)).finally(() => {
      running = undefined
    })
    return running
  }
}

/** A token that is about to be sent, and the text of the store that says so. */
interface Noted {
  readonly text: string | undefined
  readonly record: TokenRecord
}

/** Whether somebody else has refreshed already. */
function isNewer(record: TokenRecord, stale: TokenRecord, now: number): boolean {
  return record.access !== stale.access && freshnessOf(record, now) !== 'expired'
}

/** Whether the sender of an attempt may still be waiting for its answer. Clocks that were set back are not believed. */
function isBusy({ attempt, busy = 0 }: TokenRecord, now: number): boolean {
  return attempt !== undefined && now < busy && busy <= now + DEADLINE_MILLISECONDS
}
