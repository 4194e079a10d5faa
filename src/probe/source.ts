import type { JsonObject } from '../base/strict-json.ts'
import { claimsOf, type Material } from '../hostile/idea.ts'
import type { RequirementData } from '../model/inventory.ts'
import { NOBODY } from './target.ts'

/** A session that was ended on purpose, and how soon every verifier has to know. */
export interface EndedSession {
  readonly authorization: string
  readonly withinMilliseconds: number
}

/** Where the tokens of a probe come from. */
export interface TokenSource {
  /** For the report: `the issuer http://127.0.0.1:8000`. */
  readonly name: string
  /** What requests to a route that asks for this are made of. */
  materialFor(requirement: RequirementData | undefined): Material
  /** Whether a token is good for each route, so that a refusal of it proves something. */
  readonly fits: boolean
  /** Signs in, signs out, and hands over the access token. */
  readonly endSession?: () => Promise<EndedSession>
  /** A live refresh token, which no route may take for an access token. */
  readonly refreshToken?: string | undefined
  /** Paths that the issuer itself answers to, where it is at the place that is asked: its own word stands for them. */
  readonly issuerPaths?: readonly string[]
}

export interface GuessedSource {
  readonly now: () => number
  /** Who would issue tokens here, as far as can be told from outside. */
  readonly issuer: string
  readonly publicKeys?: readonly JsonObject[] | undefined
  /** A token that the API lets in. */
  readonly genuine?: string | undefined
}

const LIFE_SECONDS = 300

/** What can be made without the issuer's key: from nothing, from its public keys, and from one good token. */
export function guessedTokens({ now, issuer, publicKeys, genuine }: GuessedSource): TokenSource {
  return {
    name: genuine === undefined ? 'made without a key' : 'made from the token given',
    fits: false,
    materialFor(requirement) {
      const nowSeconds = Math.floor(now() / 1000)
      const claims =
        genuine === undefined
          ? {
              iss: issuer,
              aud: issuer,
              sub: NOBODY,
              client_id: 'first-party',
              jti: NOBODY,
              iat: nowSeconds,
              exp: nowSeconds + LIFE_SECONDS,
              scope: requirement?.scopes?.join(' ') ?? '',
              roles: requirement?.roles ?? [],
            }
          : { ...claimsOf(genuine), exp: nowSeconds + LIFE_SECONDS }
      return { nowSeconds, claims, genuine, publicKeys, requirement }
    },
  }
}
