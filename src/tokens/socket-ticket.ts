import { type Random, randomId } from '../base/random.ts'
import { Refusal } from '../errors/refusal.ts'
import { seal, unseal } from '../keys/seal.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_ticket_'

export const TICKET_LIFE_SECONDS = 30

/** What a ticket for a WebSocket says. It was made here; whether it was used before only the store can tell. */
export interface SocketTicket {
  /** Names this one ticket, which is good once. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly endsAt: number
  /** The Origin of the page that it was given to; undefined for a program that is no browser. */
  readonly origin: string | undefined
  /** What the buyer may do, until when, and what ends it: no more than the buyer had. */
  readonly accessToken: string
}

/**
 * Tickets of one issuer. They stand in an address, where logs keep them, so what they say is encrypted: an access token
 * that nobody can take out.
 */
export interface SocketTickets {
  write(ticket: Omit<SocketTicket, 'id'>): string
  read(text: string): SocketTicket | Refusal
}

export function createSocketTickets(issuer: string, secretKeys: SecretKeys, random: Random): SocketTickets {
  const purpose = `socket-ticket ${issuer}`
  return {
    write: ({ endsAt, origin, accessToken }) => {
      const facts = JSON.stringify([randomId(random), endsAt, origin ?? null, accessToken])
      return PREFIX + seal(facts, purpose, secretKeys.writing, random)
    },
    read(text) {
      if (!text.startsWith(PREFIX)) return new Refusal('TICKET_UNKNOWN')
      const read = unseal(text.slice(PREFIX.length), purpose, secretKeys)
      if ('unreadable' in read) {
        return new Refusal(read.unreadable === 'key_missing' ? 'SECRET_KEY_UNKNOWN' : 'TICKET_UNKNOWN')
      }
      const [id, endsAt, origin, accessToken] = JSON.parse(read.plain)
      return { id, endsAt, origin: origin ?? undefined, accessToken }
    },
  }
}
