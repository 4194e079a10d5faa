import type { NewEvent } from '../audit/events.ts'
import type { Client, ClientRegistration } from '../model/client.ts'

export interface NewClient extends ClientRegistration {
  readonly id: string
  /** SHA-256 of its secret, base64url; undefined for a client without one. */
  readonly secretHash: string | undefined
}

/** A client with what it proves itself by and what a token is minted from, of one moment. */
export interface ClientStanding {
  readonly client: Client
  /** Hashes of the secrets that are good. */
  readonly secretHashes: readonly string[]
  readonly storeEpoch: number
  /** The store's clock. Milliseconds since 1970. */
  readonly asOf: number
}

/** None of these verbs but `removed` knows a client that was removed; its id is never given to another. */
export interface ClientVerbs {
  /** Undefined if the id was given before. */
  create(client: NewClient, event: NewEvent): Promise<Client | undefined>
  find(id: string): Promise<Client | undefined>
  /** In one statement. Disabled clients are found too. */
  findStanding(id: string): Promise<ClientStanding | undefined>
  /** Those of the ids whose clients were removed: nobody can have them. */
  removed(ids: readonly string[]): Promise<string[]>
  /** Oldest first, after the given client. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<Client[]>
  /**
   * Replaces the members given; see `keptSecrets`. Raises ver with its entry if `endTokens` says so or if the client loses a right (see
   * `losesRights`), so that its access tokens end.
   */
  change(
    id: string,
    change: Partial<ClientRegistration> & { readonly endTokens?: boolean | undefined },
    event: NewEvent,
  ): Promise<Client | undefined>
  /** Adds a secret; see `rotatedSecrets`. `endTokens` raises ver with its entry. */
  rotateSecret(
    id: string,
    secret: { readonly hash: string; readonly formerMilliseconds: number; readonly endTokens: boolean },
    event: NewEvent,
  ): Promise<Client | undefined>
  /** Its sessions end, and the entry refuses its access tokens without comparison. */
  remove(id: string, event: NewEvent): Promise<boolean>
}

const PAGE = 500

/** Every client there is, page by page, the built-in one among them. For operators: they are few. */
export async function allClients(clients: Pick<ClientVerbs, 'list'>): Promise<Client[]> {
  const all: Client[] = []
  for (let after: string | undefined; ; ) {
    const page = await clients.list({ limit: PAGE, ...(after !== undefined && { after }) })
    all.push(...page)
    if (page.length < PAGE) return all
    after = page.at(-1)?.id
  }
}
