import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { AuthOptions, Store } from '../../src/index.ts'
import { claimsOf, type TestIssuer, tokensOf } from '../flows/issuer.ts'
import { answer, challengeOf, codeAt, signUpWithApp } from '../flows/second-factor.ts'

/** What clients of a kept database hold: texts by name. */
export type Holdings = Readonly<Record<string, string>>

export interface Stage {
  readonly issuer: TestIssuer
  readonly store: Store
  readonly now: () => number
  /** Whether the issuer's clock stands where access tokens of the kept database are still good. */
  readonly tokensLive: boolean
}

/** Something that people did with a release, and what is still true of it for every later one. */
export interface Chapter {
  /** The first schema whose kept database holds it. */
  readonly since: number
  write(stage: Stage): Promise<Holdings>
  judge(stage: Stage, holdings: Holdings): Promise<void>
}

/** The key that everything in the kept databases is under. No secret: the databases hold nobody. */
export const SECRET_KEY = createHash('sha256').update('the kept databases').digest('base64url')

const WEBHOOK = {
  // Nobody is there, and nothing outside is asked.
  url: 'http://127.0.0.1:9/',
  secret: `whsec_${createHash('sha256').update('webhook').digest('base64')}`,
}

/** What an issuer on a kept database is configured with; of a setting that its release did not know, nothing. */
export function optionsOf(schema: number): AuthOptions {
  return {
    secretKey: SECRET_KEY,
    rateLimits: 'off',
    ...(schema >= 9 && { webhooks: [WEBHOOK] }),
  }
}

const sessions: Chapter = {
  since: 1,
  async write({ issuer }) {
    const { access, refresh } = await issuer.signUp('anna')
    const ended = tokensOf(await issuer.signIn('anna'))
    await issuer.call('POST', '/logout', { token: ended.access })
    return {
      access,
      turned: refresh,
      refresh: tokensOf(await issuer.refresh(refresh)).refresh,
      endedAccess: ended.access,
      endedRefresh: ended.refresh,
    }
  },
  async judge({ issuer, tokensLive }, { access = '', refresh = '', endedAccess = '', endedRefresh = '' }) {
    const old = await issuer.me(access)
    // Said of genuine tokens only: the key of its time is read.
    if (tokensLive) assert.equal(old.status, 200, old.text)
    else assert.ok(old.status === 200 || old.body.code === 'token_expired', old.text)
    assert.equal((await issuer.me(endedAccess)).status, 401)
    assert.equal((await issuer.refresh(endedRefresh)).body.error, 'invalid_grant')
    const refreshed = tokensOf(await issuer.refresh(refresh))
    assert.equal((await issuer.me(refreshed.access)).status, 200)
    assert.equal((await issuer.me(tokensOf(await issuer.signIn('anna')).access)).status, 200)
  },
}

const reuse: Chapter = {
  since: 1,
  async write({ issuer }) {
    const { refresh } = await issuer.signUp('bert')
    const second = tokensOf(await issuer.refresh(refresh))
    const third = tokensOf(await issuer.refresh(second.refresh))
    return { stolen: refresh, live: third.refresh }
  },
  async judge({ issuer }, { stolen = '', live = '' }) {
    assert.equal((await issuer.refresh(stolen)).body.error, 'invalid_grant', 'used long ago')
    assert.equal((await issuer.refresh(live)).body.error, 'invalid_grant', 'and its session with it')
  },
}

const accounts: Chapter = {
  since: 1,
  async write({ issuer }) {
    const { access } = await issuer.signUp('carla')
    await issuer.auth.users.disable(String(claimsOf(access).sub))
    const dora = await issuer.signUp('dora')
    const id = String(claimsOf(dora.access).sub)
    await issuer.auth.users.setRoles(id, ['admin'])
    return { carla: String(claimsOf(access).sub), dora: id }
  },
  async judge({ issuer }, { carla = '', dora = '' }) {
    assert.equal((await issuer.signIn('carla')).body.error, 'invalid_grant')
    assert.equal((await issuer.auth.users.find(carla))?.state, 'disabled')
    const { access } = tokensOf(await issuer.signIn('dora'))
    assert.deepEqual(claimsOf(access).roles, ['admin'])
    assert.equal(claimsOf(access).sub, dora)
    const listed = await issuer.call('GET', '/admin/users', { token: access })
    assert.equal(listed.status, 200, listed.text)
  },
}

const keys: Chapter = {
  since: 3,
  async write({ issuer }) {
    const { kid } = await issuer.auth.keys.rotate()
    return { kid }
  },
  async judge({ issuer }, { kid }) {
    const { keys } = await issuer.auth.keys.publicKeys()
    assert.ok(keys.some((key) => key.kid === kid))
  },
}

const apiKeys: Chapter = {
  since: 4,
  async write({ issuer }) {
    const { access } = await issuer.signUp('emil')
    const userId = String(claimsOf(access).sub)
    const { text } = await issuer.auth.apiKeys.create({ userId, name: 'nightly export' })
    const revoked = await issuer.auth.apiKeys.create({ userId, name: 'lost' })
    await issuer.auth.apiKeys.revoke(userId, revoked.apiKey.id)
    return { text, revoked: revoked.text }
  },
  async judge({ issuer }, { text = '', revoked = '' }) {
    assert.equal((await issuer.me(text)).status, 200)
    assert.equal((await issuer.me(revoked)).status, 401)
  },
}

const clients: Chapter = {
  since: 4,
  async write({ issuer }) {
    const made = await issuer.auth.clients.create({
      name: 'Reports',
      grants: ['client_credentials'],
      scopes: ['profile:read'],
    })
    return { id: made.client.id, secret: made.secret ?? '' }
  },
  async judge({ issuer }, { id = '', secret = '' }) {
    const ask = (password: string) =>
      issuer.call('POST', '/token', {
        form: { grant_type: 'client_credentials' },
        headers: { authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}` },
      })
    assert.equal((await ask(secret)).status, 200)
    assert.equal((await ask('wrong')).body.error, 'invalid_client')
  },
}

const consents: Chapter = {
  since: 6,
  async write({ issuer, store }) {
    const userId = String(claimsOf((await issuer.signUp('frida')).access).sub)
    const consent = { userId, clientId: 'first-party', scopes: ['profile:read'] }
    await store.consents.grant(consent, { name: 'consent.granted', origin: BY_HAND, userId })
    return { userId }
  },
  async judge({ store }, { userId = '' }) {
    assert.deepEqual(
      (await store.consents.list(userId)).map(({ scopes }) => scopes),
      [['profile:read']],
    )
  },
}

const factors: Chapter = {
  since: 7,
  async write({ issuer, now }) {
    const { secret, recoveryCodes } = await signUpWithApp(issuer, 'gina', now)
    return { secret: Buffer.from(secret).toString('hex'), recoveryCode: recoveryCodes[0] ?? '' }
  },
  async judge({ issuer, now }, { secret = '', recoveryCode = '' }) {
    const wrong = await answer(issuer, await challengeOf(issuer, 'gina'), 'aaaaaa')
    assert.notEqual(wrong.status, 200)
    const code = codeAt(Buffer.from(secret, 'hex'), now())
    assert.equal((await answer(issuer, await challengeOf(issuer, 'gina'), code)).status, 200)
    const recovered = await answer(issuer, await challengeOf(issuer, 'gina'), recoveryCode)
    assert.equal(recovered.status, 200, recovered.text)
  },
}

const refusals: Chapter = {
  since: 8,
  async write({ issuer }) {
    const { body } = await issuer.me('no token')
    return { reference: String(body.reference) }
  },
  async judge({ issuer }, { reference = '' }) {
    assert.equal((await issuer.auth.refusals.find(reference))?.reference, reference)
  },
}

const webhooks: Chapter = {
  since: 9,
  async write() {
    return {}
  },
  async judge({ issuer }) {
    const waiting = await issuer.auth.webhooks.list({ dead: false, limit: 5 })
    assert.ok(waiting.every(({ url }) => url === WEBHOOK.url) && waiting.length > 0)
  },
}

const deviceCodes: Chapter = {
  since: 10,
  async write({ issuer }) {
    const { client } = await issuer.auth.clients.create({
      name: 'Television',
      authMethod: 'none',
      grants: [DEVICE_GRANT],
      scopes: ['profile:read'],
    })
    const form = { client_id: client.id, scope: 'profile:read' }
    const { body } = await issuer.call('POST', '/device_authorization', { form })
    return { clientId: client.id, code: String(body.device_code) }
  },
  async judge({ issuer }, { clientId = '', code = '' }) {
    const form = { grant_type: DEVICE_GRANT, client_id: clientId, device_code: code }
    assert.equal((await issuer.call('POST', '/token', { form })).body.error, 'authorization_pending')
  },
}

const roles: Chapter = {
  since: 11,
  async write({ issuer }) {
    const document = { scopes: { 'sales:read': 'See sales' }, roles: { seller: { scopes: ['sales:read'] } } }
    await issuer.auth.declarations.apply(await issuer.auth.declarations.plan(document))
    const userId = String(claimsOf((await issuer.signUp('hanna')).access).sub)
    await issuer.auth.users.setRoles(userId, ['seller'])
    return { userId }
  },
  async judge({ issuer }) {
    const { access } = tokensOf(await issuer.signIn('hanna'))
    assert.match(String(claimsOf(access).scope), /sales:read/)
  },
}

const identities: Chapter = {
  since: 12,
  async write({ issuer, store }) {
    const userId = String(claimsOf((await issuer.signUp('ida')).access).sub)
    const user = await issuer.auth.users.find(userId)
    const elsewhere = { provider: 'example', issuer: 'https://id.example.com', email: 'ida@example.com' }
    const identity = { id: randomUUID(), userId, subject: randomBytes(8).toString('hex'), ...elsewhere }
    const event = { name: 'identity.added', origin: BY_HAND, userId } as const
    assert.equal(await store.identities.add({ ...identity, userEpoch: user?.epoch ?? 0 }, event), 'added')
    return { userId, subject: identity.subject }
  },
  async judge({ store }, { userId, subject = '' }) {
    assert.equal((await store.identities.find('https://id.example.com', subject))?.user.id, userId)
  },
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const BY_HAND = { actor: { kind: 'system' } } as const

export const STORY: Readonly<Record<string, Chapter>> = {
  sessions,
  reuse,
  accounts,
  keys,
  apiKeys,
  clients,
  consents,
  factors,
  refusals,
  webhooks,
  deviceCodes,
  roles,
  identities,
}
