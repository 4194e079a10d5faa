import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { seal, unseal } from '../../keys/seal.ts'
import type { SecretKeys } from '../../keys/secret-keys.ts'
import type { KeptTokens } from '../../store/identities.ts'
import type { Store } from '../../store/store.ts'
import type { ProviderAssertion, ProviderTokens } from './provider.ts'
import type { Providers } from './providers.ts'

/** A token of a provider, for code of the application that asks there for the person. */
export interface ProviderToken {
  readonly accessToken: string
  /** Milliseconds since 1970; undefined where the provider does not say. */
  readonly endsAt: number | undefined
  /** What it is for, where the provider says so. */
  readonly scope: string | undefined
}

/** A sign-in at a provider, with its tokens where they are at hand. */
export interface TokensOfSignIn extends Pick<ProviderAssertion, 'provider' | 'person'> {
  readonly tokens?: ProviderTokens | undefined
}

/** The tokens of providers, for those whose configuration has them kept: encrypted, and exchanged by one at a time. */
export interface KeptProviderTokens {
  /** Keeps what came with a sign-in, in the place of what was kept before. */
  keep(signedIn: TokensOfSignIn): Promise<void>
  /**
   * A token that is good for a minute more, fetched anew if it has to be. Undefined where none is kept, or the provider has
   * taken it back. Throws `PROVIDER_UNAVAILABLE`, `PROVIDER_ANSWER_REFUSED`.
   */
  find(userId: string, providerId: string): Promise<ProviderToken | undefined>
  /** Encrypts some anew that are not under the key which writes now; resolves to how many. */
  reseal(): Promise<number>
}

export interface KeptTokensParts {
  readonly store: Pick<Store, 'identities'>
  readonly providers: Providers
  readonly secretKeys: SecretKeys
  readonly random: Random
  readonly clock: Clock
}

/** What is good for less is fetched anew, so that whoever is handed it has time to use it. */
const LEAST_MILLISECONDS = 60_000
/** Longer than an exchange may take. */
const CLAIM_MILLISECONDS = 15_000
const LOOK_AGAIN_MILLISECONDS = 100
const BATCH = 200

export function createKeptTokens(parts: KeptTokensParts): KeptProviderTokens {
  const { store, providers, secretKeys, random, clock } = parts
  const underWay = new Map<string, Promise<ProviderTokens | undefined>>()

  const write = ({ userId, id }: Omit<KeptTokens, 'sealed'>, tokens: ProviderTokens): string =>
    seal(JSON.stringify(tokens), purposeOf(userId, id), secretKeys.writing, random)

  /** Undefined where their secret key is gone: they are as good as none, and come anew with the next sign-in. */
  const read = ({ userId, id, sealed }: KeptTokens): ProviderTokens | undefined => {
    const opened = unseal(sealed, purposeOf(userId, id), secretKeys)
    return 'plain' in opened ? JSON.parse(opened.plain) : undefined
  }

  const isGood = ({ endsAt }: ProviderTokens): boolean =>
    endsAt === undefined || endsAt - clock.now() >= LEAST_MILLISECONDS

  /** The provider may take one use of a refresh token alone: whoever wins the claim asks, everybody else waits for them. */
  async function exchange(
    kept: KeptTokens,
    refreshToken: string,
    providerId: string,
  ): Promise<ProviderTokens | undefined> {
    const connection = providers.find(providerId)
    if (connection === undefined) return undefined
    if (!(await store.identities.claimTokens(kept, CLAIM_MILLISECONDS)))
      return whatOthersGot(kept, providerId)
    try {
      const next = await connection.refresh(refreshToken)
      const isOurs = await store.identities.replaceTokens(kept, write(kept, next))
      // Somebody signed in meanwhile, and brought newer ones.
      return isOurs ? next : latest(kept.userId, providerId)
    } catch (error) {
      const isTakenBack = error instanceof AuthError && error.code === 'PROVIDER_DENIED'
      await store.identities.replaceTokens(kept, isTakenBack ? undefined : kept.sealed)
      if (isTakenBack) return undefined
      throw error
    }
  }

  async function latest(userId: string, providerId: string): Promise<ProviderTokens | undefined> {
    const kept = await store.identities.findTokens(userId, providerId)
    return kept && read(kept)
  }

  async function whatOthersGot(former: KeptTokens, providerId: string): Promise<ProviderTokens | undefined> {
    for (let waited = 0; waited < CLAIM_MILLISECONDS; waited += LOOK_AGAIN_MILLISECONDS) {
      const kept = await store.identities.findTokens(former.userId, providerId)
      if (kept?.sealed !== former.sealed) return kept && read(kept)
      await pause(LOOK_AGAIN_MILLISECONDS)
    }
    throw new AuthError('PROVIDER_UNAVAILABLE', {
      details: { provider: providerId, why: 'another process asks, and gets no answer' },
    })
  }

  return {
    async keep({ provider, person, tokens }) {
      if (!provider.keepsTokens || tokens === undefined) return
      const found = await store.identities.find(provider.protocol.issuer, person.subject)
      if (found === undefined) return
      const { id, userId } = found.identity
      // Some give a refresh token once, at the first consent. That of another account there is not for this one.
      const former =
        tokens.refreshToken === undefined && (await store.identities.findTokens(userId, provider.id))
      const ours = former && former.id === id ? read(former) : undefined
      const refreshToken = tokens.refreshToken ?? ours?.refreshToken
      await store.identities.keepTokens({
        id,
        userId,
        sealed: write({ id, userId }, { ...tokens, refreshToken }),
      })
    },

    async find(userId, providerId) {
      const kept = await store.identities.findTokens(userId, providerId)
      const tokens = kept && read(kept)
      if (kept === undefined || tokens === undefined) return undefined
      if (isGood(tokens)) return tokenOf(tokens)
      if (tokens.refreshToken === undefined) {
        return (tokens.endsAt ?? 0) > clock.now() ? tokenOf(tokens) : undefined
      }
      const asking =
        underWay.get(kept.id) ??
        exchange(kept, tokens.refreshToken, providerId).finally(() => underWay.delete(kept.id))
      underWay.set(kept.id, asking)
      const next = await asking
      return next && tokenOf(next)
    },

    async reseal() {
      const { writing } = secretKeys
      let done = 0
      for (const kept of await store.identities.listTokensNotUnder(writing.fingerprint, BATCH)) {
        const tokens = read(kept)
        if (tokens === undefined) continue
        if (await store.identities.replaceTokens(kept, write(kept, tokens))) done += 1
      }
      return done
    },
  }
}

/** Of one connection of one person; what is moved to another row cannot be read there. */
function purposeOf(userId: string, id: string): string {
  return `provider tokens ${userId} ${id}`
}

function tokenOf({ accessToken, endsAt, scope }: ProviderTokens): ProviderToken {
  return { accessToken, endsAt, scope }
}
