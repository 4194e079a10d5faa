import { isJsonObject } from '../../base/strict-json.ts'
import { isPublicAlgorithm, type PublicAlgorithm } from '../../keys/algorithm.ts'
import { isSafeAddress } from '../../keys/issuer-document.ts'
import type { TokenType } from '../../tokens/access-checks.ts'
import type { ClaimMap } from '../../tokens/claim-map.ts'
import { isLifeLimit, isTolerance } from '../../tokens/read-access.ts'

/** How a service that only verifies learns what the issuer has revoked. */
export interface FollowedRevocations {
  /** A client that the issuer lets read its revocations. */
  readonly clientId: string
  readonly clientSecret: string
  /** `ISSUER/revocations` unless said otherwise. */
  readonly url?: string
  /** How old the knowledge may be that a request is judged by; 5 unless said otherwise. */
  readonly maxStalenessSeconds?: number
  /** Past that: refuse with 503 (`strict`, the default), or go on with what is known (`relaxed`). */
  readonly staleness?: 'strict' | 'relaxed'
}

/** An issuer whose tokens a service takes, and on what terms. */
export interface IssuerOptions {
  /** The `iss` of its tokens, byte for byte, and where its metadata is looked for. */
  readonly issuer: string
  /** What the tokens call this service: one name, or several of which one will do. */
  readonly audience: string | readonly string[]
  /**
   * Signed out means signed out only if somebody says so. With `stateless` nobody does: a token lives until it expires,
   * whatever happens to its session, user or client. That is the price of asking nobody, and all there is for issuers
   * that publish no revocations; keep the life of their tokens short. Without this option it is the same, with a
   * warning at the start.
   */
  readonly revocations?: FollowedRevocations | 'stateless'
  /** Longer lives are refused, whatever the issuer says. 3600 unless said otherwise. */
  readonly maxLifetimeSeconds?: number
  /** How far two clocks may be apart: 5 unless said otherwise, at most 60. */
  readonly toleranceSeconds?: number
  /** How long keys are trusted while the issuer does not answer: 86,400 unless said otherwise, at least 600. */
  readonly maxKeyAgeSeconds?: number
  /** Where its key set lies, for issuers without metadata. */
  readonly jwksUri?: string
  /** For issuers that do not write `alg` into their keys, such as Microsoft Entra. */
  readonly algorithm?: PublicAlgorithm
  /**
   * How its tokens say that they are access tokens: `at+jwt` by default. `JWT` also takes no `typ` at all, and refuses
   * tokens with the claims of ID tokens; `id_token` takes ID tokens on purpose.
   */
  readonly tokenType?: TokenType
  /** Claims that must have exactly these values: `{ token_use: 'access' }`. */
  readonly expect?: Readonly<Record<string, string>>
  /** Where its tokens keep what ours keep elsewhere. */
  readonly claims?: ClaimMap
}

const NAMES = new Set([
  'issuer',
  'audience',
  'revocations',
  'maxLifetimeSeconds',
  'toleranceSeconds',
  'maxKeyAgeSeconds',
  'jwksUri',
  'algorithm',
  'tokenType',
  'expect',
  'claims',
])
const CLAIM_NAMES = new Set([
  'subject',
  'clientId',
  'audience',
  'scope',
  'roles',
  'sessionId',
  'tokenId',
  'clientItself',
])
const REVOCATION_NAMES = new Set(['clientId', 'clientSecret', 'url', 'maxStalenessSeconds', 'staleness'])
const TYPES: readonly unknown[] = ['at+jwt', 'JWT', 'id_token'] satisfies TokenType[]
const LEAST_KEY_AGE_SECONDS = 600

/** What is wrong with the options of one issuer, all of it, each in a line. */
export function problemsOfIssuer(options: IssuerOptions): string[] {
  if (!isJsonObject(options)) return ['issuers: each is an object']
  const { issuer, audience, jwksUri, algorithm, tokenType, revocations, maxKeyAgeSeconds } = options
  const { toleranceSeconds, maxLifetimeSeconds } = options
  const problems = [
    ...unknown(options, NAMES, ''),
    !isText(issuer) && 'issuer: a text is needed',
    !(isText(audience) || (Array.isArray(audience) && audience.every(isText) && audience.length > 0)) &&
      'audience: the name of this service in its tokens is needed',
    isText(issuer) &&
      jwksUri === undefined &&
      !isIssuerAddress(issuer) &&
      'issuer: https, or http on loopback',
    jwksUri !== undefined && !isSafeAddress(jwksUri) && 'jwksUri: https, or http on loopback',
    algorithm !== undefined &&
      !isPublicAlgorithm(algorithm) &&
      'algorithm: one of public keys, such as RS256',
    tokenType !== undefined && !TYPES.includes(tokenType) && 'tokenType: at+jwt, JWT or id_token',
    maxKeyAgeSeconds !== undefined &&
      !isBetween(maxKeyAgeSeconds, LEAST_KEY_AGE_SECONDS, Number.MAX_VALUE) &&
      `maxKeyAgeSeconds: ${LEAST_KEY_AGE_SECONDS} or more`,
    toleranceSeconds !== undefined && !isTolerance(toleranceSeconds) && 'toleranceSeconds: 0 to 60',
    maxLifetimeSeconds !== undefined &&
      !isLifeLimit(maxLifetimeSeconds) &&
      'maxLifetimeSeconds: a limit above 0',
    ...problemsOfClaims(options),
    ...problemsOfRevocations(issuer, revocations),
  ]
  const name = isText(issuer) ? `${issuer}: ` : ''
  return problems.filter((problem) => problem !== false).map((problem) => `${name}${problem}`)
}

/** Without query and fragment (RFC 8414 section 2). */
function isIssuerAddress(issuer: string): boolean {
  return isSafeAddress(issuer) && !issuer.includes('?')
}

function problemsOfClaims({ claims = {}, expect = {} }: IssuerOptions): (string | false)[] {
  if (!isJsonObject(claims)) return ['claims: an object']
  const { clientItself, ...paths } = claims as Readonly<Record<string, unknown>>
  const isPair = Array.isArray(clientItself) && clientItself.length === 2 && isPath(clientItself[0])
  return [
    ...unknown(claims, CLAIM_NAMES, 'claims.'),
    ...Object.entries(paths).map(
      ([name, path]) =>
        path !== undefined && !isPath(path) && `claims.${name}: the name of a claim, or the way to one`,
    ),
    clientItself !== undefined &&
      !(isPair && isText(clientItself[1])) &&
      'claims.clientItself: a claim and its value',
    !(isJsonObject(expect) && Object.values(expect).every(isText)) &&
      'expect: claims and their values, texts',
  ]
}

function isPath(path: unknown): boolean {
  return isText(path) || (Array.isArray(path) && path.length > 0 && path.every(isText))
}

/** Where an issuer tells what it has revoked. */
export function feedAddress(issuer: string, { url }: Pick<FollowedRevocations, 'url'>): string {
  return url ?? `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/revocations`
}

function problemsOfRevocations(
  issuer: string,
  revocations: IssuerOptions['revocations'],
): (string | false)[] {
  if (revocations === undefined || revocations === 'stateless') return []
  if (typeof revocations !== 'object' || revocations === null) return ['revocations: an object, or stateless']
  const { clientId, clientSecret, url, maxStalenessSeconds = 5, staleness = 'strict' } = revocations
  return [
    ...unknown(revocations, REVOCATION_NAMES, 'revocations.'),
    !(isText(clientId) && isText(clientSecret)) && 'revocations: clientId and clientSecret are needed',
    // Also where nobody gave it: an issuer whose key set is named need not have an address, and a secret goes there.
    (isText(issuer) || url !== undefined) &&
      !isSafeAddress(feedAddress(issuer, revocations)) &&
      'revocations.url: https, or http on loopback',
    !isBetween(maxStalenessSeconds, 1, 3600) && 'revocations.maxStalenessSeconds: from 1 to 3600',
    staleness !== 'strict' && staleness !== 'relaxed' && 'revocations.staleness: strict or relaxed',
  ]
}

function unknown(options: object, names: ReadonlySet<string>, prefix: string): string[] {
  return Object.keys(options)
    .filter((name) => !names.has(name))
    .map((name) => `${prefix}${name}: there is no such option`)
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
