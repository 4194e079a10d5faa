import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBase64Url } from '../../base/base64url.ts'
import { guardedClock } from '../../base/clock.ts'
import { systemRandom } from '../../base/random.ts'
import { createSecretKeys } from '../../keys/secret-keys.ts'
import type { Identity } from '../../model/identity.ts'
import type { User } from '../../model/user.ts'
import type { KeptTokens } from '../../store/identities.ts'
import { createKeptTokens, type KeptTokensParts } from './kept-tokens.ts'
import type { Provider, ProviderAssertion } from './provider.ts'

const provider = {
  id: 'work',
  protocol: { issuer: 'https://work.example.com' },
  keepsTokens: true,
} as Provider

function assertionOf(subject: string, refreshToken: string | undefined): ProviderAssertion {
  const person = { subject, email: undefined, emailVerified: false, claims: {} }
  const tokens = { accessToken: `access of ${subject}`, refreshToken, endsAt: 0, scope: undefined }
  return { provider, person, tokens, authenticatedAt: undefined }
}

test('who has two accounts at one provider keeps the tokens of both apart', async () => {
  const kept = new Map<string, KeptTokens>()
  const asked: string[] = []
  const store = {
    identities: {
      find: async (_: string, subject: string) => ({
        identity: { id: subject, userId: 'alice' } as Identity,
        user: {} as User,
      }),
      // Of the one that was connected last.
      findTokens: async () => [...kept.values()].at(-1),
      keepTokens: async (tokens: KeptTokens) => Boolean(kept.set(tokens.id, tokens)),
      claimTokens: async () => true,
      replaceTokens: async () => true,
    },
  } as unknown as KeptTokensParts['store']
  const connection = {
    refresh: async (refreshToken: string) => {
      asked.push(refreshToken)
      return { accessToken: 'next', refreshToken, endsAt: undefined, scope: undefined }
    },
  }
  const providers = { find: () => connection } as unknown as KeptTokensParts['providers']
  const secretKeys = createSecretKeys([encodeBase64Url(systemRandom(32))])
  const tokens = createKeptTokens({
    store,
    providers,
    secretKeys,
    random: systemRandom,
    clock: guardedClock(),
  })

  await tokens.keep(assertionOf('first', 'refresh of the first'))
  // Once a refresh token is out, some give none with the next sign-in.
  await tokens.keep(assertionOf('first', undefined))
  assert.equal((await tokens.find('alice', 'work'))?.accessToken, 'next')
  assert.deepEqual(asked, ['refresh of the first'])
  await tokens.keep(assertionOf('second', undefined))
  assert.equal(
    await tokens.find('alice', 'work'),
    undefined,
    'nothing is asked for one with what is the other’s',
  )
  assert.deepEqual(asked, ['refresh of the first'])
})
