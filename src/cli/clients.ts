import type { Auth } from '../auth.ts'
import { isJsonObject } from '../base/strict-json.ts'
import type { ClientChange } from '../clients/clients.ts'
import { type Client, type ClientAuthMethod, FIRST_PARTY, type IdTokenAlgorithm } from '../model/client.ts'
import { timeOf } from './account.ts'
import { readJsonObject } from './document.ts'
import { readNamedFile } from './named-file.ts'
import { type OutputOptions, printFacts, printTable, upTo } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

/** What can be said of a client; what is left out stays, or is as the library has it. */
export interface RegistrationOptions extends OutputOptions {
  readonly name?: string
  readonly grant?: readonly string[]
  readonly scope?: readonly string[]
  readonly redirectUri?: readonly string[]
  readonly postLogoutUri?: readonly string[]
  readonly authMethod?: ClientAuthMethod
  /** False for `--no-pkce`. */
  readonly pkce?: boolean
  /** False for `--no-skip-consent`. */
  readonly skipConsent?: boolean
  readonly idTokenAlg?: IdTokenAlgorithm
  /** A file with a key set, public halves only. */
  readonly jwks?: string
}

export async function createClient(
  options: RegistrationOptions & { readonly name: string; readonly id?: string },
): Promise<void> {
  const { id, name, ...rest } = options
  const { client, secret } = await withAuth((auth) =>
    auth.clients.create({ ...changeOf(rest), id, name }, OPERATOR),
  )
  if (client.redirectUris.length > 0 && !client.grants.includes('authorization_code'))
    process.stderr.write(
      'note: its addresses are of no use yet. Signing people in needs `--grant authorization_code`.\n',
    )
  printFacts({ ...factsOf(client), ...secretOf(secret) }, options)
}

export async function listClients({
  limit,
  after,
  ...output
}: OutputOptions & { readonly limit: number; readonly after?: string }): Promise<void> {
  const page = { limit: limit + 1, ...(after !== undefined && { after }) }
  const clients = await withAuth(async (auth) => {
    // Behind one that is not there would be none, as if that were the end of the list.
    if (after !== undefined) await find(auth, after)
    return auth.clients.list(page)
  })
  printTable(upTo(limit, clients, '--limit or --after').map(factsOf), output, 'No clients.')
}

export async function showClient(id: string, output: OutputOptions): Promise<void> {
  printFacts(factsOf(await withAuth((auth) => find(auth, id))), output)
}

export async function updateClient(
  id: string,
  options: RegistrationOptions & { readonly disable?: boolean; readonly enable?: boolean },
): Promise<void> {
  const { name, disable, enable, ...rest } = options
  const state = disable ? 'disabled' : enable ? 'active' : undefined
  const client = await withAuth(async (auth) => {
    await find(auth, id)
    return auth.clients.change(id, { ...changeOf(rest), name, state }, OPERATOR)
  })
  printFacts(factsOf(client), options)
}

export async function rotateSecret(
  id: string,
  options: OutputOptions & { readonly formerHours: number; readonly leaked?: boolean },
): Promise<void> {
  const { formerHours, leaked } = options
  const { client, secret } = await withAuth(async (auth) => {
    await find(auth, id)
    return auth.clients.rotateSecret(id, { formerLifeSeconds: formerHours * 3600, leaked }, OPERATOR)
  })
  printFacts({ ...factsOf(client), ...secretOf(secret) }, options)
}

export async function deleteClient(id: string, output: OutputOptions): Promise<void> {
  await withAuth(async (auth) => {
    await find(auth, id)
    await auth.clients.remove(id, OPERATOR)
  })
  printFacts({ id, removed: true }, output)
}

async function find(auth: Auth, id: string): Promise<Client> {
  const client = await auth.clients.find(id)
  if (client === undefined) throw new Error('no client of that id; `countersign clients list` shows all')
  return client
}

function changeOf(options: Omit<RegistrationOptions, 'name'>): Omit<ClientChange, 'name' | 'state'> {
  return {
    grants: options.grant,
    // `--scope ''` takes every scope away.
    scopes: options.scope?.filter((name) => name !== ''),
    redirectUris: options.redirectUri,
    postLogoutRedirectUris: options.postLogoutUri,
    authMethod: options.authMethod,
    requirePkce: options.pkce,
    skipConsent: options.skipConsent,
    idTokenAlgorithm: options.idTokenAlg,
    keys: options.jwks === undefined ? undefined : keysIn(options.jwks),
  }
}

function keysIn(path: string): readonly Readonly<Record<string, unknown>>[] {
  const document = readJsonObject(readNamedFile(path))
  const keys = document === undefined ? undefined : (document.keys ?? [document])
  if (!Array.isArray(keys) || !keys.every(isJsonObject)) throw new Error(`${path}: no key set (RFC 7517)`)
  return keys
}

function factsOf(client: Client) {
  return {
    id: client.id,
    name: client.name,
    state: client.state,
    grants: client.grants,
    scopes: client.scopes ?? null,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    auth_method: client.authMethod,
    require_pkce: client.requirePkce,
    skip_consent: client.skipConsent,
    id_token_alg: client.idTokenAlgorithm,
    keys: client.keys.map(({ kid }) => kid),
    secrets: client.secrets.map(({ createdAt, endsAt }) =>
      endsAt === undefined ? `of ${timeOf(createdAt)}` : `of ${timeOf(createdAt)}, until ${timeOf(endsAt)}`,
    ),
    // The built-in client is always there.
    created: client.id === FIRST_PARTY ? null : timeOf(client.createdAt),
  }
}

function secretOf(secret: string | undefined) {
  return secret === undefined ? {} : { secret, note: 'the secret is shown once' }
}
