import { FIRST_PARTY } from '../model/client.ts'
import type { ClientStanding, ClientVerbs } from '../store/clients.ts'

/**
 * Finds clients, and the built-in one without asking the database twice: it follows the configuration, nobody changes
 * it, and it proves nothing. Whether it is active the statements ask that start and refresh sessions. Tokens of a client
 * alone, which need a standing of this moment, are never given to it.
 */
export function rememberBuiltIn(
  clients: Pick<ClientVerbs, 'findStanding'>,
): (id: string) => Promise<ClientStanding | undefined> {
  let builtIn: ClientStanding | undefined
  return async (id) => {
    if (id !== FIRST_PARTY) return clients.findStanding(id)
    builtIn ??= await clients.findStanding(id)
    return builtIn
  }
}
