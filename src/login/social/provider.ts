import type { PublicAlgorithm } from '../../keys/algorithm.ts'

/** OpenID Connect: everything is found by the issuer's metadata, and who signs in is told by an ID token. */
export interface OpenIdProtocol {
  readonly kind: 'openid'
  readonly issuer: string
  /** The one algorithm whose ID tokens are taken. */
  readonly idTokenAlgorithm: PublicAlgorithm
  /** Whether `email_verified` may be the text `true`. */
  readonly writesBooleansAsText?: true
  /**
   * Whether the address of these claims is one that the provider gives out or its customer owns; where that is known. Of
   * another it knows no more than that somebody proved it once, and mailboxes change hands.
   */
  readonly speaksFor?: (claims: Readonly<Record<string, unknown>>) => boolean
}

/** OAuth alone: who signs in is told by documents that the access token opens. */
export interface OAuthProtocol {
  readonly kind: 'oauth'
  /** Stands for the provider in the key of its accounts, and is what an `iss` of its answer would be (RFC 9207). */
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** Addresses of the documents, by the names that `read` knows them by. */
  readonly documents: Readonly<Record<string, string>>
  /** Undefined where the documents name nobody. */
  readonly read: (documents: Readonly<Record<string, unknown>>) => ProviderPerson | undefined
}

export type ProviderProtocol = OpenIdProtocol | OAuthProtocol

/** How we prove ourselves at the token endpoint. */
export type ClientProof =
  | { readonly way: 'basic' | 'post'; readonly secret: string }
  /** Apple: a token that we sign, in the place of a secret. */
  | {
      readonly way: 'apple'
      readonly teamId: string
      readonly keyId: string
      /** PKCS #8, as PEM. */
      readonly privateKey: string
    }

/** A provider as it is configured, ready to be spoken to. */
export interface Provider {
  /** Its name in the configuration, and in the paths of its own. */
  readonly id: string
  /** What people know it by. */
  readonly name: string
  readonly clientId: string
  readonly proof: ClientProof
  readonly scopes: readonly string[]
  /** What this provider wants in the authorization request beyond the standard. */
  readonly parameters: Readonly<Record<string, string>>
  readonly trustsEmail: boolean
  readonly keepsTokens: boolean
  /** Whether it lies in a private network. */
  readonly isPrivate: boolean
  /** Whether a sign-in counts as recent though the provider does not say how old it is. */
  readonly trustsRecency: boolean
  /** What asks the provider to have the person prove themselves anew, as far as it knows such a thing. */
  readonly anew: Readonly<Record<string, string>>
  readonly protocol: ProviderProtocol
}

/** Whether a sign-in there can count as recent. Of those without ID tokens none says when it was. */
export function maySayWhen({ protocol, trustsRecency }: Provider): boolean {
  return protocol.kind === 'openid' || trustsRecency
}

/** Somebody, as a provider tells of them. */
export interface ProviderPerson {
  readonly subject: string
  readonly email: string | undefined
  /** What the provider says; whether that is believed is configured. */
  readonly emailVerified: boolean
  readonly claims: ProviderClaims
}

/** What can go into the profile of a new account, by the names of OpenID Connect Core section 5.1. */
export interface ProviderClaims {
  readonly name?: string
  readonly picture?: string
  readonly locale?: string
}

/** What a provider gave us for the person, where the application asks for it. */
export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** When the access token ends; milliseconds since 1970. */
  readonly endsAt: number | undefined
  readonly scope: string | undefined
}

/** A sign-in at a provider that has come to its end: proven, and used nowhere yet. */
export interface ProviderAssertion {
  readonly provider: Provider
  readonly person: ProviderPerson
  readonly tokens: ProviderTokens
  /** When the person proved themselves there (`auth_time`), where the provider says so. Milliseconds since 1970. */
  readonly authenticatedAt: number | undefined
}
