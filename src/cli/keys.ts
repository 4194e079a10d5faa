import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Auth } from '../auth.ts'
import { readSecretFile } from '../config/secret-file.ts'
import type { KeyFacts } from '../keys/key-facts.ts'
import type { IdTokenAlgorithm } from '../model/client.ts'
import type { KeyUse } from '../store/keys.ts'
import { confirmed } from './confirmation.ts'
import { readStandardInput } from './named-file.ts'
import { type OutputOptions, print, printFacts, printJson, printTable } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface UseOption {
  readonly use: string
}

interface RotateOptions extends UseOption, Danger {
  readonly algorithm?: IdTokenAlgorithm
  readonly now?: boolean
}

interface Danger extends OutputOptions {
  readonly yes?: boolean
}

export async function listKeys(output: OutputOptions): Promise<void> {
  const { version, keys, nodes } = await withAuth((auth) => auth.keys.list())
  if (output.json) {
    const announced = nodes.map((node) => ({
      id: node.id,
      ring_version: node.ringVersion,
      secret_keys: node.secretKeys,
      algorithm: node.algorithm,
    }))
    printJson({ ring_version: version, items: keys.map(factsOf), nodes: announced })
    return
  }
  const rows = keys.map(({ kid, use, algorithm, phase, since, next: step }) => ({
    kid,
    use,
    algorithm,
    phase,
    since: timeOf(since),
    next: step && `${step.phase} ${timeOf(step.at) ?? 'once every live node publishes it'}`,
  }))
  printTable(rows, output, 'No keys yet; the first start makes one.')
  // This command is a node itself while it runs.
  const behind = nodes.filter(({ ringVersion }) => ringVersion < version)
  const lagging = behind.map(({ id, ringVersion }) => `  ${id} serves ${ringVersion}`)
  print(
    [
      '',
      `ring ${version}, ${nodes.length - behind.length} of ${nodes.length} live nodes serve it`,
      ...lagging,
    ].join('\n'),
  )
}

export async function rotateKeys({ use, algorithm, now, yes, ...output }: RotateOptions) {
  const kind = useOf(use)
  const key = await withAuth(async (auth) => {
    if (!now) return auth.keys.rotate({ use: kind, algorithm }, OPERATOR)
    await confirmed(
      await consequences(auth, `every key for ${kind} tokens is withdrawn and a new one signs`),
      yes,
    )
    return auth.keys.rotate({ use: kind, now }, OPERATOR)
  })
  printFacts(factsOf(key), output)
  if (key.phase === 'next' && !output.json) {
    print(
      '\nIt signs by itself once every live process has published it long enough: `countersign keys list` says when.',
    )
  }
}

export async function retireKey(kid: string, output: OutputOptions): Promise<void> {
  await withAuth(async (auth) => {
    await findKey(auth, kid)
    await auth.keys.retire(kid, OPERATOR)
  })
  printFacts({ kid, retired: true }, output)
}

export async function revokeKey(kid: string, { yes, ...output }: Danger): Promise<void> {
  await withAuth(async (auth) => {
    await findKey(auth, kid)
    await confirmed(await consequences(auth, `what ${kid} signed is refused from now on`), yes)
    await auth.keys.revoke(kid, OPERATOR)
  })
  printFacts({ kid, revoked: true }, output)
}

interface ImportOptions extends OutputOptions, UseOption {
  readonly file?: string
  readonly algorithm?: string
}

/** A private key comes from a file or from standard input: arguments are seen by everybody on the machine. */
export async function importKey({ file, use, algorithm, ...output }: ImportOptions): Promise<void> {
  const given = (file === undefined ? (await readStandardInput()).toString('utf8') : secretFile(file)).trim()
  if (given === '') throw new Error('no key on standard input; give one there, or with --file')
  const key = await withAuth((auth) =>
    auth.keys.import(privateJwkOf(given, algorithm), { use: useOf(use) }, OPERATOR),
  )
  printFacts(factsOf(key), output)
}

export async function exportSecret(output: OutputOptions): Promise<void> {
  const { kid, secret } = await withAuth((auth) => auth.keys.exportSecret())
  printFacts({ kid, algorithm: 'HS256', secret }, output)
}

export async function exportPublicKeys(kid: string | undefined, { pem }: { readonly pem?: boolean }) {
  const { keys } = await withAuth((auth) => auth.keys.publicKeys())
  const chosen = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  if (chosen.length === 0) throw new Error('no published key of that kid; `countersign keys list` shows all')
  if (pem) print(chosen.map((jwk) => pemOf({ ...jwk })).join('\n'))
  else printJson({ keys: chosen })
}

function pemOf(jwk: JsonWebKey): string {
  return createPublicKey({ format: 'jwk', key: jwk })
    .export({ type: 'spki', format: 'pem' })
    .toString()
    .trimEnd()
}

async function findKey(auth: Auth, kid: string): Promise<void> {
  const { keys } = await auth.keys.list()
  if (keys.some((key) => key.kid === kid)) return
  throw new Error('no key of that kid; `countersign keys list` shows all')
}

async function consequences(auth: Auth, what: string): Promise<string> {
  const sessions = await auth.keys.liveSessions()
  return (
    `${what}: the access tokens of up to ${sessions} live sessions are refused within seconds. Nobody is signed out: ` +
    'each gets a new token by its next refresh. Services that check tokens with a key set of their own go on ' +
    'accepting the old ones until their copy ends: after 5 minutes as a rule; where they cannot reach this issuer and do ' +
    'not follow its revocations after an hour, or as long as they trust a copy (`maxKeyAgeSeconds`: a day).'
  )
}

function secretFile(path: string): string {
  try {
    return readSecretFile(path)
  } catch (error) {
    throw new Error(`${path} ${error instanceof Error ? error.message : 'cannot be read'}`)
  }
}

/** A JWK as it is, or PEM (PKCS #8), which does not say what its key is for. */
function privateJwkOf(given: string, algorithm: string | undefined): unknown {
  if (!given.startsWith('-----')) {
    try {
      return JSON.parse(given)
    } catch {
      // Without the cause, which quotes the key.
      throw new Error('neither a private JWK nor PEM')
    }
  }
  if (algorithm === undefined)
    throw new Error('PEM does not name an algorithm: add --algorithm, such as ES256')
  try {
    return { ...createPrivateKey(given).export({ format: 'jwk' }), alg: algorithm, use: 'sig' }
  } catch {
    throw new Error(
      'the PEM cannot be read: it must be one unencrypted private key (PKCS #8), its lines as they were',
    )
  }
}

function useOf(use: string): KeyUse {
  if (use === 'access' || use === 'id') return use
  throw new Error('--use: access or id')
}

function factsOf({ kid, use, algorithm, phase, since, next, secretKey }: KeyFacts) {
  return {
    kid,
    use,
    algorithm,
    phase,
    since: timeOf(since) ?? null,
    next_phase: next?.phase ?? null,
    next_at: timeOf(next?.at) ?? null,
    secret_key: secretKey ?? null,
  }
}

function timeOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
