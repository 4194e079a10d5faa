import { ClientError } from './client-error.ts'
import type { IssuerAnswer } from './issuer-call.ts'
import { type Session, type SignedOut, sessionOf } from './session.ts'
import { type Channel, type Surroundings, tell } from './surroundings.ts'
import { readRecord, recordOf, type TokenAnswer, type TokenRecord } from './token-record.ts'
import type { TokenStore } from './token-store.ts'

/** Why the tokens went, where they did. */
export type Farewell = Pick<SignedOut, 'why' | 'reference'>

/** The tokens of this tab: a copy of what the store holds, good enough to send and not to refresh by. */
export interface HeldTokens {
  /** Undefined while nobody is signed in, and before the first `load`. */
  readonly record: TokenRecord | undefined
  readonly session: Session
  /** Reads the store, if that was not done yet. Rejects with a ClientError if it cannot be read. */
  load(): Promise<void>
  /** Reads the store anew; the text to compare with. */
  reload(farewell?: Farewell): Promise<string | undefined>
  /** Compares and writes, tells the other tabs; says whether it was written. What the store holds then is held. */
  write(before: string | undefined, next: TokenRecord | undefined, farewell?: Farewell): Promise<boolean>
  /** Writes the key of an attempt beside the token, which is nobody else's concern; the text then. */
  note(before: string | undefined, next: TokenRecord): Promise<string | undefined>
  /** Holds what could not be written: good until the page goes. */
  keep(record: TokenRecord): void
  /** What was just answered, as it is kept: dated by the server's clock, which the answer has told. */
  recordOf(tokens: TokenAnswer, answer: IssuerAnswer, former?: TokenRecord): TokenRecord
  /** The server's clock, as far as we know. */
  serverNow(): number
  /** A difference that was measured; nothing for undefined. */
  setAhead(milliseconds: number | undefined): void
  subscribe(listener: () => void): () => void
}

export interface HeldTokensOptions {
  readonly surroundings: Surroundings
  readonly store: TokenStore
  readonly channel: Channel | undefined
  readonly onSignedOut: ((farewell: SignedOut) => void) | undefined
}

export function holdTokens({ surroundings, store, channel, onSignedOut }: HeldTokensOptions): HeldTokens {
  let record: TokenRecord | undefined
  let session: Session = { status: 'loading' }
  let ahead = 0
  let loading: Promise<unknown> | undefined
  const listeners = new Set<() => void>()

  const hold = (next: TokenRecord | undefined, farewell: Farewell = { why: 'sign-out' }) => {
    const before = session
    if (next !== undefined && next.access !== record?.access) ahead = next.ahead
    record = next
    session = sessionOf(record, before)
    if (session === before) return
    if (before.status === 'signed-in' && session.status === 'signed-out') {
      tell(() => onSignedOut?.({ ...farewell, returnTo: surroundings.address() }))
    }
    for (const listener of listeners) tell(listener)
  }
  const serverNow = () => surroundings.now() + ahead
  const setAhead = (milliseconds: number | undefined) => {
    ahead = milliseconds ?? ahead
  }
  const reload = async (farewell?: Farewell) => {
    const text = await trying(() => store.read())
    hold(readRecord(text), farewell)
    return text
  }

  return {
    get record() {
      return record
    },
    get session() {
      return session
    },
    async load() {
      if (session.status !== 'loading') return
      loading ??= reload().finally(() => {
        loading = undefined
      })
      await loading
    },
    reload,
    async write(before, next, farewell) {
      const text = next && JSON.stringify(next)
      const written = await trying(() => store.replace(before, text))
      if (written) {
        hold(next, farewell)
        channel?.postMessage(farewell)
      } else await reload(farewell)
      return written
    },
    async note(before, next) {
      const text = JSON.stringify(next)
      return (await trying(() => store.replace(before, text))) ? text : undefined
    },
    keep: (kept) => hold(kept),
    recordOf(tokens, answer, former) {
      setAhead(answer.ahead)
      const asked = serverNow() - answer.tookMilliseconds
      return recordOf(tokens, { asked, ahead, chance: surroundings.chance() }, former)
    },
    serverNow,
    setAhead,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

async function trying<Value>(use: () => Promise<Value>): Promise<Value> {
  try {
    return await use()
  } catch (cause) {
    const message =
      'The place where the tokens are kept cannot be read or written: it is full, forbidden or not there.'
    throw new ClientError(message, { code: 'REFRESH_NEW_TOKEN_UNUSED' }, { cause })
  }
}
