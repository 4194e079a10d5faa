import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBase64Url } from '../base/base64url.ts'
import { guardedClock } from '../base/clock.ts'
import { randomId, systemRandom } from '../base/random.ts'
import { sealedWith } from '../keys/seal.ts'
import { createSecretKeys } from '../keys/secret-keys.ts'
import { sqlite } from '../store/sqlite/index.ts'
import { proveCode, resealTotps, sealTotp } from './proof.ts'
import { codeOf, stepAt } from './totp.ts'

const newKey = () => encodeBase64Url(systemRandom(32))
const origin = { actor: { kind: 'user' } } as const

test('secrets of apps move to the key that writes, and codes go on being right', async () => {
  const store = sqlite(':memory:')
  const clock = guardedClock()
  await store.open({ clock, migrate: true })
  const [former, next] = [newKey(), newKey()]
  const parts = { store, clock, random: systemRandom, secretKeys: createSecretKeys([former]) }
  const secret = systemRandom(20)
  const users: string[] = []
  for (let count = 0; count < 3; count++) {
    const id = randomId(systemRandom)
    const email = `${id}@example.com`
    const none = { username: undefined, usernameKey: undefined, passwordHash: undefined }
    const account = {
      id,
      email,
      emailKey: email,
      emailVerified: false,
      ...none,
      ...{ roles: [], keptRoles: [] },
      profile: {},
    }
    const created = await store.users.create(account, { name: 'user.created', origin, userId: id })
    assert.ok(created.outcome === 'created')
    const sealed = sealTotp(id, encodeBase64Url(secret), parts)
    const totp = { userId: id, userEpoch: created.user.epoch, keepSessionId: undefined, sealed, step: 1 }
    await store.factors.addTotp({ ...totp, recoveryCodes: [] }, { name: 'totp.added', origin, userId: id })
    users.push(id)
  }

  const secretKeys = createSecretKeys([next, former])
  assert.equal(await resealTotps({ ...parts, secretKeys }), 3)
  assert.equal(await resealTotps({ ...parts, secretKeys }), 0, 'there is nothing more to do')
  const uses = await store.nodes.secretKeyUses()
  assert.deepEqual(uses, { [secretKeys.writing.fingerprint]: 3 })
  const alone = { ...parts, secretKeys: createSecretKeys([next]) }
  for (const id of users) {
    const factors = await store.factors.find(id)
    assert.equal(sealedWith(factors.totp?.sealed ?? ''), secretKeys.writing.fingerprint)
    const code = codeOf(secret, stepAt(clock.now()))
    assert.deepEqual(await proveCode(id, factors, code, origin, alone), ['otp'])
  }
  const [one = '', two = ''] = users
  const moved = { ...(await store.factors.find(two)), totp: (await store.factors.find(one)).totp }
  await assert.rejects(proveCode(two, moved, '123456', origin, alone), { code: 'SECRET_KEY_UNKNOWN' })
  await store.close()
})
