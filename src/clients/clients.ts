import type { NewEvent, Origin } from '../audit/events.ts'
import { DAY_SECONDS } from '../base/duration.ts'
import { type Random, randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { type Client, type ClientRegistration, FIRST_PARTY, hasSecret } from '../model/client.ts'
import type { Store } from '../store/store.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { newClientSecret } from './client-secret.ts'
import { checkRegistration } from './registration.ts'

/** What an operator may change of a client. */
export type ClientChange = {
  readonly [Part in keyof ClientRegistration]?: Exclude<ClientRegistration[Part], undefined> | undefined
}

/** A new client. What is left out: acts for itself, may ask for nothing, sends its secret by Basic, needs PKCE. */
export interface ClientOffer extends Omit<ClientChange, 'state'> {
  readonly name: string
  /** Letters, digits and `. _ -`; random where absent. Never given to another client. */
  readonly id?: string | undefined
}

export interface RegisteredClient {
  readonly client: Client
  /** Shown this once. Undefined for a client that has none. */
  readonly secret: string | undefined
}

export interface SecretRotation {
  /** How long the former secret stays good; a day unless said otherwise. */
  readonly formerLifeSeconds?: number | undefined
  /** The former secret is in wrong hands: it ends now, and with it every access token of the client. */
  readonly leaked?: boolean | undefined
}

/**
 * What can be done with a client: by an admin, the command line or the application's own code. Everything that comes
 * from outside is checked here; who may do it is not. Unknown ids throw `NOT_FOUND`.
 */
export interface Clients {
  /** Throws `REQUEST_INVALID` with every problem, or `CLIENT_ID_TAKEN`. */
  create(offer: ClientOffer, origin: Origin): Promise<RegisteredClient>
  /** Throws `REQUEST_INVALID` where the registration as changed would not hold. A lost scope ends access tokens. */
  change(id: string, change: ClientChange, origin: Origin): Promise<Client>
  rotateSecret(id: string, rotation: SecretRotation, origin: Origin): Promise<RegisteredClient>
  /** Ends its sessions and tokens. */
  remove(id: string, origin: Origin): Promise<void>
}

export interface ClientParts {
  readonly store: Pick<Store, 'clients'>
  readonly random: Random
  readonly declaredScopes: () => readonly string[]
  /** Waits until this process knows the change, and the revocations that it wrote. */
  readonly changed: () => Promise<void>
}

const LONGEST_FORMER_SECONDS = 90 * DAY_SECONDS
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$/
/** The form of our own ids: a client that acts for itself is the subject of its tokens, and must be no user. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function createClients(parts: ClientParts): Clients {
  const { store, random, declaredScopes, changed } = parts

  return {
    async create(offer, origin) {
      const { id = randomId(random), name, ...given } = offer
      if (offer.id !== undefined) checkId(id)
      const registration = checkRegistration(
        { ...defaultRegistration(), ...defined(given), name, state: 'active' },
        declaredScopes(),
      )
      const secret = hasSecret(registration) ? newClientSecret(random) : undefined
      const secretHash = secret === undefined ? undefined : hashSecret(secret)
      const event = { name: 'client.created', origin, clientId: id } as const
      const client = await store.clients.create({ ...registration, id, secretHash }, event)
      if (client === undefined) throw new AuthError('CLIENT_ID_TAKEN', { details: { clientId: id } })
      return { client, secret }
    },

    async change(id, change, origin) {
      const before = await changeable(store, id)
      const given = defined(change)
      const checked = checkRegistration({ ...registrationOf(before), ...given }, declaredScopes())
      const wanted = given.keys === undefined ? given : { ...given, keys: checked.keys }
      const client = known(await store.clients.change(id, wanted, eventOfChange(before, given, origin)))
      await changed()
      return client
    },

    async rotateSecret(id, { formerLifeSeconds = DAY_SECONDS, leaked = false }, origin) {
      if (!hasSecret(await changeable(store, id))) {
        throw invalid('token_endpoint_auth_method', 'This client proves itself without a secret.')
      }
      if (!(formerLifeSeconds >= 0 && formerLifeSeconds <= LONGEST_FORMER_SECONDS)) {
        throw invalid('former_life_seconds', `0 to ${LONGEST_FORMER_SECONDS} seconds.`)
      }
      const secret = newClientSecret(random)
      const formerMilliseconds = leaked ? 0 : formerLifeSeconds * 1000
      const event = { name: 'client.secret_rotated', origin, clientId: id, data: { leaked } } as const
      const made = { hash: hashSecret(secret), formerMilliseconds, endTokens: leaked }
      const client = known(await store.clients.rotateSecret(id, made, event))
      await changed()
      return { client, secret }
    },

    async remove(id, origin) {
      await changeable(store, id)
      const event = { name: 'client.deleted', origin, clientId: id } as const
      if (!(await store.clients.remove(id, event))) throw new AuthError('NOT_FOUND')
      await changed()
    },
  }
}

/** What is left out of a new client. */
export function defaultRegistration(): Omit<ClientRegistration, 'name' | 'state'> {
  return {
    grants: ['client_credentials'],
    scopes: [],
    redirectUris: [],
    authMethod: 'client_secret_basic',
    postLogoutRedirectUris: [],
    requirePkce: true,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    keys: [],
  }
}

export function registrationOf(client: Client): ClientRegistration {
  const { id: _, ver, secrets, createdAt, updatedAt, ...registration } = client
  return registration
}

/** Without the members that are undefined: they are not to be changed. */
export function defined(change: ClientChange): Partial<ClientRegistration> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

async function changeable(store: ClientParts['store'], id: string): Promise<Client> {
  if (id === FIRST_PARTY) throw invalid('client_id', 'The built-in client follows the configuration.')
  return known(await store.clients.find(id))
}

export function eventOfChange(before: Client, change: Partial<ClientRegistration>, origin: Origin): NewEvent {
  const switched = change.state !== undefined && change.state !== before.state
  const name = !switched ? 'client.changed' : change.state === 'active' ? 'client.enabled' : 'client.disabled'
  return { name, origin, clientId: before.id, data: { changed: Object.keys(change).sort().join(' ') } }
}

export function checkId(id: string): void {
  if (!ID.test(id))
    throw invalid('client_id', '3 to 64 letters, digits and `. _ -`, the first a letter or digit.')
  if (UUID.test(id)) throw invalid('client_id', 'Must not have the form of a user’s id.')
}

function known(client: Client | undefined): Client {
  if (client === undefined) throw new AuthError('NOT_FOUND')
  return client
}

function invalid(field: string, message: string): AuthError {
  return new AuthError('REQUEST_INVALID', { fields: [{ field, message }] })
}
