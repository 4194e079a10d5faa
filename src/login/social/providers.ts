import type { Clock } from '../../base/clock.ts'
import { createOutwardFetch } from '../../base/outward-fetch.ts'
import { type AttemptParts, type Attempts, createAttempts } from './attempt.ts'
import { createConnection, type ProviderConnection } from './connection.ts'
import { createNewcomers, type Newcomers } from './newcomers.ts'
import type { Provider } from './provider.ts'

/** The providers that people can sign in with. */
export interface Providers {
  /** In the order of the configuration. */
  readonly list: readonly Provider[]
  find(id: string): ProviderConnection | undefined
  readonly attempts: Attempts
  readonly newcomers: Newcomers
}

export interface ProvidersParts extends AttemptParts {
  readonly providers: readonly Provider[]
  /** In development a provider may be this machine. */
  readonly development: boolean
  readonly clock: Clock
}

export function createProviders(parts: ProvidersParts): Providers {
  const { providers, issuer, development, clock } = parts
  const connections = new Map(
    providers.map((provider) => {
      const anywhere = development || provider.isPrivate
      const connection = createConnection({
        provider,
        redirectUri: `${issuer.replace(/\/$/, '')}${callbackPath(provider.id)}`,
        fetch: createOutwardFetch({ anywhere }),
        allowsHttp: anywhere,
        clock,
      })
      return [provider.id, connection]
    }),
  )
  return {
    list: providers,
    find: (id) => connections.get(id),
    attempts: createAttempts(parts),
    newcomers: createNewcomers(parts),
  }
}

/** Where a provider sends the browser back to, under the path of the issuer. */
export function callbackPath(id: string): string {
  return `/login/with/${id}/callback`
}
