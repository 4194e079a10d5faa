import { printable } from '../../base/printable.ts'
import { loadConfig } from '../../config/load.ts'
import type { Evidence, Jwk, ServiceConfig } from '../../doctor/evidence.ts'
import { readPasted } from '../../doctor/pasted-token.ts'
import { readNamedFile } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'
import { hasDatabase } from '../with-auth.ts'
import { answer, type DoctorOptions, readInput } from './answer.ts'
import type { ProposalOptions } from './proposals.ts'

export interface TokenOptions extends DoctorOptions, ProposalOptions {
  /** Ask this issuer for its metadata and keys. */
  readonly issuer?: string
  readonly jwks?: string
  readonly secretFile?: string
  readonly audience?: string
  readonly algorithm?: string
  readonly scheme?: string
  /** With the keys and the database of the issuer that is configured in this folder. */
  readonly own?: boolean
}

/** A token, with whatever else is at hand. Nothing of it is sent anywhere: an issuer is only asked for its keys. */
export async function tokenCommand(file: string | undefined, options: TokenOptions): Promise<void> {
  const given = await readInput(file)
  if (given.trim() === '') throw new NoVerdict('There is no token: give a file, or pipe it in.')
  const count = tokensIn(given)
  if (count > 1)
    throw new NoVerdict(`There are ${count} tokens: give one at a time, each is judged by itself.`)
  const tokens = [{ text: given.replace(/(?:\r?\n)+$/, '') }]
  const own = options.own ?? (isBare(options) && (await isFromHere(given)))
  const evidence = own ? await withOwnIssuer(tokens) : await withOthers(tokens, options)
  answer(evidence, options)
}

/** How many there are, one a line. A single one that was broken into lines has no line that is whole. */
function tokensIn(text: string): number {
  return text.split(/\r?\n/).filter((line) => /\beyJ[\w-]+\.[\w-]+\.[\w-]*["',]*\s*$/.test(line)).length
}

/** Whether nothing was said of who issued the token, and who checks it. */
function isBare({ issuer, jwks, secretFile, audience, algorithm, scheme }: TokenOptions): boolean {
  return [issuer, jwks, secretFile, audience, algorithm, scheme].every((value) => value === undefined)
}

/** Whether it says that the issuer of this folder made it, and there is a database that could tell. */
async function isFromHere(text: string): Promise<boolean> {
  const { iss } = readPasted(text).claims ?? {}
  if (typeof iss !== 'string') return false
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined)
  return loaded?.settings.issuer === iss && hasDatabase(loaded.settings.databaseUrl)
}

async function withOthers(tokens: NonNullable<Evidence['tokens']>, options: TokenOptions): Promise<Evidence> {
  const { issuer, jwks, secretFile, audience, algorithm, scheme } = options
  const keys = jwks === undefined ? undefined : await keysFrom(jwks)
  const shown =
    issuer === undefined || keys !== undefined || secretFile !== undefined ? undefined : await shownBy(issuer)
  const found = keys ?? shown?.keys
  const algorithms = algorithm === undefined ? algorithmsOf(found, secretFile) : [algorithm]
  const config: ServiceConfig = {
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(found !== undefined && { keys: found }),
    ...(algorithms !== undefined && { algorithms }),
    ...(secretFile !== undefined && { secret: readNamedFile(secretFile), secret_source: 'file' as const }),
    ...(scheme !== undefined && { scheme }),
  }
  const isConfigured = Object.keys(config).length > 0
  const clocks =
    shown?.clockSeconds === undefined
      ? undefined
      : [
          {
            who: 'issuer',
            from: 'date_header',
            moment: 'now',
            reads: Date.now() / 1000 + shown.clockSeconds,
          } as const,
        ]
  return {
    tokens,
    ...(isConfigured && { config }),
    ...(clocks !== undefined && options.now === undefined && { clocks }),
  }
}

async function shownBy(issuer: string) {
  const { lookAtIssuer } = await import('./issuer.ts')
  const shown = await lookAtIssuer(issuer)
  if (shown.keys === undefined)
    throw new NoVerdict(
      printable(
        `${issuer} shows ${shown.issuer === undefined ? 'neither metadata nor keys' : 'no keys'}${inBrackets(shown.instead ?? shown.insteadOfKeys)}: see \`countersign doctor url ${issuer}\`, or give --jwks.`,
      ),
    )
  return shown
}

function inBrackets(what: string | undefined): string {
  return what === undefined ? '' : ` (${what})`
}

/** Each key has one algorithm; those of a key set are what the verifier is taken to allow. */
function algorithmsOf(
  keys: readonly Jwk[] | undefined,
  secretFile: string | undefined,
): readonly string[] | undefined {
  if (secretFile !== undefined) return ['HS256', 'HS384', 'HS512']
  const named = keys?.filter(({ use }) => use !== 'enc').map(({ alg }) => alg) ?? []
  // A key that names none may be for any of its type.
  const isTold = named.length > 0 && named.every((alg) => typeof alg === 'string')
  return isTold ? [...new Set(named)] : undefined
}

async function keysFrom(place: string): Promise<readonly Jwk[]> {
  const { jsonOf, keySetOf } = await import('./fetch.ts')
  if (/^https?:/.test(place)) {
    const { keysAt } = await import('./issuer.ts')
    const { keys, instead } = await keysAt(place)
    if (keys === undefined) throw new NoVerdict(printable(`${place} gives no key set${inBrackets(instead)}`))
    return keys
  }
  const keys = keySetOf(jsonOf({ body: readNamedFile(place) }))
  if (keys === undefined) throw new NoVerdict('--jwks: the file holds no key set, and no key, in JSON')
  return keys
}

/** Keys, configuration and rows of the issuer in this folder. */
async function withOwnIssuer(tokens: NonNullable<Evidence['tokens']>): Promise<Evidence> {
  const { gatherOwn } = await import('./own-issuer.ts')
  return gatherOwn(tokens)
}
