import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret, systemRandom } from '../../base/random.ts'
import type { User } from '../../model/user.ts'
import type { SurveyQuestion } from '../../store/survey.ts'
import { eventOf, newId, signIn, signUp } from './people.ts'
import { DAY, HOUR, type Subject } from './subject.ts'

const CURRENT = '$argon2id$v=19$m=19456,t=2,p=1$'

export function testSurvey(subject: Subject): void {
  test('a survey counts accounts, operators without a second factor, older hashes, sessions and API keys', async () => {
    const { store, other } = subject()
    // Of these roles nobody else has one.
    const [role, second] = [`role-${newId()}`, `role-${newId()}`]
    const question: SurveyQuestion = {
      operatorRoles: [role, second],
      currentHash: CURRENT,
      unusedMilliseconds: HOUR,
    }
    const before = await store.survey(question)
    assert.equal(before.operators, 0)
    assert.ok(Math.abs(before.now - (await other.survey(question)).now) < DAY)

    const plain = await signUp(store, { roles: ['reader', role], passwordHash: `${CURRENT}c2FsdA$aGFzaA` })
    const withApp = await signUp(store, { roles: [second, role], passwordHash: '$2b$12$abc' })
    await store.factors.addTotp(
      {
        userId: withApp.id,
        userEpoch: withApp.epoch,
        keepSessionId: undefined,
        sealed: `s1.a1b2c3d4.${newId()}`,
        step: 1,
        recoveryCodes: [],
      },
      eventOf('totp.added', { userId: withApp.id }),
    )
    const withPasskey = await signUp(store, { roles: [role], passwordHash: 'pbkdf2_sha256$1000$salt$hash' })
    await store.factors.addPasskey(
      passkeyOf(withPasskey),
      eventOf('passkey.added', { userId: withPasskey.id }),
    )
    const disabled = await signUp(store, { roles: [role], passwordHash: '$2b$12$abc' })
    await signIn(store, disabled)
    await store.users.setState(disabled.id, 'disabled', eventOf('user.disabled', { userId: disabled.id }))
    await signUp(store, { roles: ['reader'], passwordHash: undefined })
    await signIn(store, plain, { lifeMilliseconds: 3000 * DAY, idleMilliseconds: 3000 * DAY })

    const after = await other.survey(question)
    assert.equal(after.accounts - before.accounts, 4, 'the disabled one does not count')
    assert.equal(after.operators, 3)
    assert.equal(after.operatorsWithoutFactor, 1)
    const grown = (head: string) => (after.olderHashes[head] ?? 0) - (before.olderHashes[head] ?? 0)
    assert.deepEqual([grown('$2b'), grown('pbkdf2_sha256'), grown('$argon2id')], [1, 1, 0])
    assert.equal(after.sessions - before.sessions, 1)
    assert.ok((after.lastSessionEnd ?? 0) >= after.now + 2990 * DAY)
    assert.equal(after.sessionsOfDisabled, 0, 'whoever is disabled by us has none')
  })

  test('a survey sees for how long API keys were not used, and when the last one ends', async () => {
    const { store, advance } = subject()
    const question: SurveyQuestion = { operatorRoles: [], currentHash: CURRENT, unusedMilliseconds: HOUR }
    const before = await store.survey(question)
    assert.equal(before.operators, 0, 'nobody has one of no roles')
    const user = await signUp(store)
    const [used, unused] = await Promise.all(
      ['used', 'unused'].map((name) =>
        store.apiKeys.create(
          {
            id: newId(),
            userId: user.id,
            name,
            hash: randomSecret(systemRandom),
            scopes: [],
            lifeMilliseconds: 4000 * DAY,
          },
          eventOf('api_key.created', { userId: user.id }),
        ),
      ),
    )
    await advance(2 * HOUR)
    await store.apiKeys.noteUses([{ userId: user.id, id: used?.id ?? '' }])
    const after = await store.survey(question)
    assert.equal(after.apiKeys - before.apiKeys, 2)
    assert.ok(after.unusedApiKeys >= 1 && after.unusedApiKeys < after.apiKeys)
    assert.equal(after.lastApiKeyEnd, Math.max(used?.expiresAt ?? 0, unused?.expiresAt ?? 0))
    for (const { id } of [used, unused].flatMap((key) => key ?? []))
      await store.apiKeys.revoke({ userId: user.id, id }, eventOf('api_key.revoked', { userId: user.id }))
    assert.equal((await store.survey(question)).apiKeys, before.apiKeys)
  })
}

function passkeyOf(user: User) {
  return {
    userId: user.id,
    userEpoch: user.epoch,
    keepSessionId: undefined,
    id: newId(),
    name: 'laptop',
    credentialId: randomSecret(systemRandom),
    publicKey: 'cHVibGlj',
    counter: 0,
    transports: ['internal'],
    synced: true,
    recoveryCodes: [],
  }
}
