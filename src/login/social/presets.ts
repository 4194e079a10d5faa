import type { PublicAlgorithm } from '../../keys/algorithm.ts'
import { googleSpeaksFor, personOfDiscord, personOfFacebook, personOfGithub } from './person.ts'
import type { OpenIdProtocol, ProviderProtocol } from './provider.ts'

/** What of a provider's configuration says where it lies. */
export interface Place {
  readonly issuer?: string | undefined
  /** The directory of Microsoft Entra. */
  readonly tenant?: string | undefined
  readonly idTokenAlgorithm?: PublicAlgorithm | undefined
}

/** What is known of a provider beforehand. */
export interface Preset {
  /** On its button. */
  readonly name: string
  readonly scopes: readonly string[]
  readonly parameters?: Readonly<Record<string, string>>
  /** See `Provider.anew`. */
  readonly anew?: Readonly<Record<string, string>>
  /** What is asked for beside, where a refresh token is wanted. */
  readonly offline?: {
    readonly scopes?: readonly string[]
    readonly parameters?: Readonly<Record<string, string>>
  }
  /** Which of its places are for the configuration to say: `may` or `must`. */
  readonly issuer?: 'may'
  readonly tenant?: 'must'
  /** A secret, or Apple's three parts of a key. */
  readonly proof: 'secret' | 'apple'
  readonly protocol: (place: Place) => ProviderProtocol
}

const IDENTITY = ['openid', 'profile', 'email']
/** OpenID Connect Core section 3.1.2.1: with `max_age` the ID token says when the person signed in. */
const ANEW = { prompt: 'login', max_age: '0' }
/** The same without asking anybody again: nobody stays signed in for ten years. */
const SAYS_WHEN = { max_age: String(10 * 365 * 86_400) }

function openId(issuer: string, idTokenAlgorithm: PublicAlgorithm = 'RS256'): OpenIdProtocol {
  return { kind: 'openid', issuer, idTokenAlgorithm }
}

/** The providers that need no more than a registration there; every other OpenID provider is configured by its issuer. */
export const PRESETS = {
  google: {
    name: 'Google',
    scopes: IDENTITY,
    // It has no sign-in anew. When the person signed in is said to applications that have "session age claims" switched
    // on there (developers.google.com/identity/siwg/security-bundle).
    parameters: { claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }) },
    anew: { prompt: 'select_account' },
    offline: { parameters: { access_type: 'offline', prompt: 'consent' } },
    proof: 'secret',
    protocol: () => ({ ...openId('https://accounts.google.com'), speaksFor: googleSpeaksFor }),
  },
  microsoft: {
    name: 'Microsoft',
    scopes: IDENTITY,
    offline: { scopes: ['offline_access'] },
    tenant: 'must',
    anew: { prompt: 'login' },
    proof: 'secret',
    protocol: ({ tenant }) => openId(`https://login.microsoftonline.com/${tenant}/v2.0`),
  },
  apple: {
    name: 'Apple',
    scopes: ['name', 'email'],
    // With scopes Apple answers by a form alone.
    parameters: { response_mode: 'form_post' },
    proof: 'apple',
    protocol: () => ({
      kind: 'openid',
      issuer: 'https://appleid.apple.com',
      idTokenAlgorithm: 'RS256',
      writesBooleansAsText: true,
    }),
  },
  gitlab: {
    name: 'GitLab',
    scopes: IDENTITY,
    parameters: SAYS_WHEN,
    anew: ANEW,
    issuer: 'may',
    proof: 'secret',
    protocol: ({ issuer }) => openId(issuer ?? 'https://gitlab.com'),
  },
  github: {
    name: 'GitHub',
    scopes: ['read:user', 'user:email'],
    anew: { prompt: 'select_account' },
    issuer: 'may',
    proof: 'secret',
    protocol: ({ issuer }) => {
      const base = (issuer ?? 'https://github.com').replace(/\/$/, '')
      // GitHub Enterprise Server has its API under a path of its own host.
      const api = issuer === undefined ? 'https://api.github.com' : `${base}/api/v3`
      return {
        kind: 'oauth',
        issuer: `${base}/login/oauth`,
        authorizationEndpoint: `${base}/login/oauth/authorize`,
        tokenEndpoint: `${base}/login/oauth/access_token`,
        documents: { user: `${api}/user`, emails: `${api}/user/emails` },
        read: personOfGithub,
      }
    },
  },
  facebook: {
    name: 'Facebook',
    scopes: ['public_profile', 'email'],
    anew: { auth_type: 'reauthenticate' },
    proof: 'secret',
    protocol: () => ({
      kind: 'oauth',
      issuer: 'https://www.facebook.com',
      authorizationEndpoint: 'https://www.facebook.com/v23.0/dialog/oauth',
      tokenEndpoint: 'https://graph.facebook.com/v23.0/oauth/access_token',
      documents: { me: 'https://graph.facebook.com/v23.0/me?fields=id,name,email,picture' },
      read: personOfFacebook,
    }),
  },
  discord: {
    name: 'Discord',
    scopes: ['identify', 'email'],
    proof: 'secret',
    protocol: () => ({
      kind: 'oauth',
      issuer: 'https://discord.com',
      authorizationEndpoint: 'https://discord.com/oauth2/authorize',
      tokenEndpoint: 'https://discord.com/api/oauth2/token',
      documents: { me: 'https://discord.com/api/users/@me' },
      read: personOfDiscord,
    }),
  },
} as const satisfies Readonly<Record<string, Preset>>

/** What is known of the provider of that name; every other one is an OpenID provider that its issuer tells about. */
export function presetOf(id: string): Preset | undefined {
  return Object.hasOwn(PRESETS, id) ? PRESETS[id as keyof typeof PRESETS] : undefined
}

/** An OpenID provider by its issuer. */
export const BY_ISSUER = {
  scopes: IDENTITY,
  parameters: SAYS_WHEN,
  anew: ANEW,
  // OpenID Connect Core section 11.
  offline: { scopes: ['offline_access'], parameters: { prompt: 'consent' } },
  protocol: ({ issuer = '', idTokenAlgorithm }: Place) => openId(issuer, idTokenAlgorithm),
}
