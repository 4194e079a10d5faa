import { Refusal } from '../errors/refusal.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { AccessReader } from './read-access.ts'

/**
 * The same reader, but for tokens of a key that is not known while this process lacks news: others may sign with that
 * key already, so the client is told to try again and not that its token is none (PROTOCOL 2.8).
 */
export function whileUnheard({ read, readExpired }: AccessReader, lacksNews: () => boolean): AccessReader {
  const judged = (outcome: AccessToken | Refusal): AccessToken | Refusal =>
    outcome instanceof Refusal && outcome.code === 'KID_UNKNOWN' && lacksNews()
      ? new Refusal('REVOCATION_STALE')
      : outcome
  return { read: (text) => judged(read(text)), readExpired: (text) => judged(readExpired(text)) }
}
