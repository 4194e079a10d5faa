import type { JsonObject } from '../base/strict-json.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { AccessClaims, AccessToken } from '../model/access-token.ts'
import { shareValues } from './shared-values.ts'

/**
 * A token whose signature was found genuine: that, what it says, and on whose terms it was read is all that is
 * remembered of it.
 */
export interface VerifiedToken<Trust> {
  readonly trust: Trust
  readonly text: string
  readonly key: VerificationKey
  readonly header: JsonObject
  readonly claims: AccessClaims
  readonly token: AccessToken
}

/**
 * The memory of one verifier for genuine signatures (PROTOCOL 4). A token is found by the end of its signature and
 * counts only if its whole text is equal and its key still usable. What it says is judged on every request, elsewhere.
 */
export interface VerifiedTokens<Trust> {
  find(text: string): VerifiedToken<Trust> | undefined
  /** Offers a token that has just passed every check. It enters when it is offered for the second time. */
  offer(verified: VerifiedToken<Trust>, signature: Uint8Array): void
}

interface Entry<Trust> extends VerifiedToken<Trust> {
  readonly bytes: number
  /** Found since the hand last passed. */
  used: boolean
}

/**
 * What an entry takes beside its text and the claims, which take at most as much again: map slot, the objects around
 * them. Measured: an entry for a token of 600 characters takes 1,300 bytes.
 */
const BYTES_BESIDE_TEXT = 500

/**
 * Newcomers at a full memory move the hand only this often. A memory that gives way each time would, with more live
 * tokens than it holds, lose every token before it comes again, and cost more than it saves.
 */
const KNOCKS_PER_LOOK = 8

/** Bounded by bytes. With 0 it remembers nothing. */
export function rememberVerifiedTokens<Trust>(maxBytes: number): VerifiedTokens<Trust> {
  const byMark = new Map<number, Entry<Trust>>()
  const ring: Entry<Trust>[] = []
  const seenOnce = createSightings(Math.ceil(maxBytes / BYTES_BESIDE_TEXT))
  const shared = shareValues()
  let bytes = 0
  let hand = 0
  let knocks = 0

  /** Second chance (CLOCK): the entry under the hand goes if nobody asked for it since the hand was there last. */
  const makeRoom = (): void => {
    knocks += 1
    if (knocks % KNOCKS_PER_LOOK !== 0) return
    hand = hand + 1 < ring.length ? hand + 1 : 0
    const entry = ring[hand]
    const last = ring.at(-1)
    if (entry === undefined || last === undefined) return
    if (entry.used) {
      entry.used = false
      return
    }
    ring[hand] = last
    ring.pop()
    byMark.delete(markOf(entry.text))
    bytes -= entry.bytes
  }

  return {
    find(text) {
      const entry = byMark.get(markOf(text))
      if (entry === undefined || entry.text !== text || !entry.key.usable) return undefined
      if (!entry.used) entry.used = true
      return entry
    },

    offer(verified, signature) {
      if (maxBytes === 0 || !seenOnce.again(signature)) return
      const size = verified.text.length * 2 + BYTES_BESIDE_TEXT
      if (bytes + size > maxBytes) makeRoom()
      if (bytes + size > maxBytes || byMark.has(markOf(verified.text))) return
      const { trust, key, header } = verified
      const text = copyOf(verified.text)
      const token = shared(verified.token)
      const entry = { trust, text, key, header, claims: token.claims, token, bytes: size, used: true }
      byMark.set(markOf(entry.text), entry)
      ring.push(entry)
      bytes += size
    },
  }
}

const MARK_CHARACTERS = 5

/**
 * A small number out of the end of the signature, before its last character, which has spare bits: as good as any hash,
 * for signatures are random where they are genuine, and only genuine ones enter. Whoever makes up another with the same
 * end finds an entry whose text is not theirs. No text is cut out and hashed for it.
 */
function markOf(text: string): number {
  const end = text.length - 1
  let mark = 0
  for (let at = end - MARK_CHARACTERS; at < end; at++) mark = (mark << 6) | (text.charCodeAt(at) & 63)
  return mark
}

/** A slice would keep the whole header it was cut from alive, which the count of bytes would not see. */
function copyOf(ascii: string): string {
  return Buffer.from(ascii, 'latin1').toString('latin1')
}

interface Sightings {
  /** Whether it was seen before, as far as is remembered. Notes it. */
  again(signature: Uint8Array): boolean
}

const ROW = 4

/** Forgetful on purpose: each row holds the last few marks that fell into it. Signatures need no hashing. */
function createSightings(rows: number): Sightings {
  const marks = new Uint32Array(rows * ROW)
  return {
    again(signature) {
      const view = new DataView(signature.buffer, signature.byteOffset + 8, 8)
      const start = (view.getUint32(0) % rows) * ROW
      const mark = view.getUint32(4)
      for (let at = start; at < start + ROW; at++) {
        if (marks[at] === mark) return true
      }
      marks.copyWithin(start + 1, start, start + ROW - 1)
      marks[start] = mark
      return false
    },
  }
}
