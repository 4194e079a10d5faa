import { authorizedFetch, usableToken } from './authorized-fetch.ts'
import { type HeldTokens, holdTokens } from './held-tokens.ts'
import { createRefresh } from './refresh.ts'
import type { Session, SignedOut } from './session.ts'
import { type IndexedDb, sharedStore } from './shared-store.ts'
import {
  endSession,
  type PasswordSignIn,
  type SignInParts,
  type SignOutOptions,
  signInWithPassword,
  signOut,
  supersede,
} from './sign-in-and-out.ts'
import { here, type Surroundings } from './surroundings.ts'
import { tabStore } from './tab-store.ts'
import { type KeyValueStorage, memoryStore, type TokenStore } from './token-store.ts'
import { turnsOf } from './turns.ts'

export interface ClientOptions {
  /** The address of the issuer, as its tokens name it. */
  readonly issuer: string
  /** As registered at the issuer; its own front ends are `first-party`. */
  readonly clientId?: string
  /**
   * Where the tokens lie (docs/client.md says what each risks). `memory`: until the page is left. `tab`: sessionStorage,
   * until the tab is closed. `shared`: IndexedDB, all tabs of the origin. Or a place of your own.
   */
  readonly storage: 'memory' | 'tab' | 'shared' | TokenStore
  /** Origins beside the issuer's that are given the token: `https://api.example.com`. */
  readonly apis?: readonly string[]
  /** Told once for each sign-out, in every tab, and never because of a lost race, a network error or a 5xx. */
  readonly onSignedOut?: (signedOut: SignedOut) => void
}

export interface Client {
  /** As the global one, with the token for the issuer and `apis`, and nothing added for anybody else. */
  readonly fetch: typeof globalThis.fetch
  readonly issuer: string
  readonly clientId: string
  /** Whether somebody is signed in, as far as this tab knows now. */
  readonly session: Session
  /** Told when `session` has become another; answers with the way to stop. */
  subscribe(listener: () => void): () => void
  /** Resolves when the storage was read. Rejects with a ClientError if it could not be. */
  ready(): Promise<Session>
  /** For what is no fetch. Undefined if nobody is signed in. */
  accessToken(): Promise<string | undefined>
  signInWithPassword(signIn: PasswordSignIn): Promise<Session>
  signOut(options?: SignOutOptions): Promise<void>
}

/** The insides of a client, for the other ways to sign in. */
const insides = new WeakMap<Client, SignInParts>()

export function partsOf(client: Client): SignInParts {
  const parts = insides.get(client)
  if (parts === undefined) throw new TypeError('This is no client that createClient has made.')
  return parts
}

/** A client for an API: adds the token, keeps it fresh, once for all callers in all tabs. */
export function createClient(options: ClientOptions, surroundings: Surroundings = here): Client {
  const { clientId = 'first-party', storage, apis = [], onSignedOut } = options
  const issuer = options.issuer.replace(/\/$/, '')
  const origins = new Set([issuer, ...apis].map((address) => new URL(address).origin))
  const name = `countersign ${clientId} ${issuer}`
  const channel = surroundings.openChannel(name)
  const store = storeOf(storage, name, surroundings)
  const held = holdTokens({ surroundings, store, channel, onSignedOut })
  const turns =
    storage === 'memory' ? <Value>(work: () => Promise<Value>) => work() : turnsOf(surroundings, name)
  const refresh = createRefresh({ surroundings, held, issuer, clientId, turns })
  const fetch = authorizedFetch({ surroundings, held, refresh, origins })
  const parts: SignInParts = { surroundings, held, issuer, clientId, authorizedFetch: fetch }
  if (channel !== undefined) {
    channel.onmessage = ({ data }) => {
      void hear(data as Parameters<typeof hear>[0], parts, storage).catch(() => undefined)
    }
  }

  surroundings.onReturn(() => void held.reload().catch(() => undefined))

  const ready = async () => {
    await held.load()
    return held.session
  }
  const client: Client = {
    fetch,
    issuer,
    clientId,
    get session() {
      return held.session
    },
    subscribe: held.subscribe,
    ready,
    accessToken: async () => (await usableToken({ held, refresh }))?.access,
    async signInWithPassword(signIn) {
      await signInWithPassword(parts, signIn)
      return held.session
    },
    signOut: (how) => signOut(parts, how),
  }
  insides.set(client, parts)
  void ready().catch(() => undefined)
  return client
}

/** What another tab did. One with a store of its own is signed out with the others, and ends its own session. */
async function hear(
  farewell: Parameters<HeldTokens['reload']>[0],
  parts: SignInParts,
  storage: ClientOptions['storage'],
): Promise<void> {
  const { held } = parts
  if (farewell?.why !== 'sign-out' || (storage !== 'memory' && storage !== 'tab')) {
    await held.reload(farewell)
    return
  }
  // Without a word of farewell: an echo that comes late would sign out whoever has signed in again.
  const former = await supersede(held, undefined)
  if (former !== undefined) await endSession(parts, former)
}

interface BrowserStorage {
  readonly sessionStorage?: KeyValueStorage
  readonly indexedDB?: IndexedDb
}

function storeOf(storage: ClientOptions['storage'], name: string, { openChannel }: Surroundings): TokenStore {
  if (typeof storage === 'object') return storage
  if (storage === 'memory') return memoryStore()
  try {
    const { sessionStorage, indexedDB } = globalThis as unknown as BrowserStorage
    if (storage === 'tab' && sessionStorage) return tabStore(sessionStorage, name, openChannel(`${name} tab`))
    if (storage === 'shared' && indexedDB) return sharedStore(indexedDB, name)
    throw new TypeError(`There is no place "${storage}" here: bring a TokenStore, or say "memory".`)
  } catch (error) {
    // A browser that forbids storage throws where it is only named; where pages are drawn on a server there is none, and
    // nobody's session either. Whoever uses it is told.
    const refuse = () => Promise.reject(error)
    return { read: refuse, replace: refuse }
  }
}
