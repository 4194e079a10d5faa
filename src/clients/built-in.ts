import { FIRST_PARTY } from '../model/client.ts'
import type { ClientVerbs } from '../store/clients.ts'

/**
 * The built-in client with what the configuration says of it: where it has addresses it may use the code flow too, and
 * people are not asked about what is the API's own.
 */
export function configureBuiltIn(
  clients: Pick<ClientVerbs, 'findStanding'>,
  redirectUris: readonly string[],
): Pick<ClientVerbs, 'findStanding'> {
  if (redirectUris.length === 0) return clients
  return {
    async findStanding(id) {
      const found = await clients.findStanding(id)
      if (found === undefined || id !== FIRST_PARTY) return found
      const grants = [...found.client.grants, 'authorization_code']
      const more = { grants, redirectUris, postLogoutRedirectUris: redirectUris, skipConsent: true }
      return { ...found, client: { ...found.client, ...more } }
    },
  }
}
