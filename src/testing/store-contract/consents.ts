import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewClient } from '../../store/clients.ts'
import type { Store } from '../../store/store.ts'
import { newLink } from './links.ts'
import { assertRefused, entryOf, eventOf, eventsOf, newId, signIn, signUp, tally } from './people.ts'
import { MINUTE, SECOND, type Subject } from './subject.ts'

async function register(store: Store, name: string): Promise<NewClient> {
  const client: NewClient = {
    id: newId(),
    name,
    state: 'active',
    grants: ['authorization_code'],
    scopes: ['orders:read'],
    redirectUris: ['https://app.example.com/cb'],
    postLogoutRedirectUris: [],
    authMethod: 'none',
    requirePkce: true,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    keys: [],
    secretHash: undefined,
  }
  await store.clients.create(client, eventOf('client.created', { clientId: client.id }))
  return client
}

export function testConsents(subject: Subject, races: number): void {
  test('consents add up, for each user and client; the last changed stands first', async () => {
    const { store, other, advance } = subject()
    const [user, stranger] = [await signUp(store), await signUp(store)]
    const [one, two] = [await register(store, 'One'), await register(store, 'Two')]
    const grant = (userId: string, clientId: string, scopes: string[]) =>
      store.consents.grant(
        { userId, clientId, scopes },
        eventOf('consent.granted', { userId, clientId, data: { scope: scopes.join(' ') } }),
      )
    assert.equal(await store.consents.find(user.id, one.id), undefined)
    assert.equal(await grant(user.id, one.id, ['openid', 'orders:read']), true)
    await advance(SECOND)
    assert.equal(await grant(user.id, two.id, []), true)
    await advance(SECOND)
    assert.equal(await grant(user.id, one.id, ['orders:read', 'email']), true)
    const found = await other.consents.find(user.id, one.id)
    assert.deepEqual([found?.clientName, found?.scopes], ['One', ['openid', 'orders:read', 'email']])
    assert.ok((found?.updatedAt ?? 0) - (found?.createdAt ?? 0) >= 2 * SECOND)
    assert.deepEqual(
      (await store.consents.list(user.id)).map(({ clientId, scopes }) => [clientId, scopes]),
      [
        [one.id, ['openid', 'orders:read', 'email']],
        [two.id, []],
      ],
    )
    assert.deepEqual(await store.consents.list(stranger.id), [])
    assert.equal(await grant(newId(), one.id, ['openid']), false, 'nobody')
    const events = (await eventsOf(store, user.id)).filter((name) => name === 'consent.granted')
    assert.equal(events.length, 3)
  })

  test('a consent taken back ends what the client has of that user, and nothing else', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const [client, another] = [await register(store, 'One'), await register(store, 'Two')]
    const of = { userId: user.id, clientId: client.id }
    const event = eventOf('consent.granted', of)
    for (const clientId of [client.id, another.id]) {
      await store.consents.grant({ userId: user.id, clientId, scopes: ['orders:read'] }, event)
    }
    const browser = await signIn(store, user)
    const [theirs, again] = [
      await signIn(store, user, { clientId: client.id }),
      await signIn(store, user, { clientId: client.id }),
    ]
    const others = [browser, await signIn(store, user, { clientId: another.id })]
    const code = {
      ...of,
      hash: newId(),
      sessionId: browser.session.id,
      redirectUri: 'https://app.example.com/cb',
      challenge: undefined,
      scope: ['orders:read'],
      resources: [],
      nonce: undefined,
      needsConsent: true,
      lifeMilliseconds: MINUTE,
    }
    assert.equal(await store.codes.create(code, eventOf('code.issued', of)), true)
    const revoked = eventOf('consent.revoked', of)
    assert.equal(await store.consents.revoke(of, revoked), true)
    for (const { session, present } of [theirs, again]) {
      assertRefused(await present(0), 'ended')
      assert.ok(await entryOf(store, 'session', session.id))
    }
    for (const { present } of others) assert.equal((await present(0)).verdict, 'rotate')
    assert.equal(await store.codes.find(user.id, code.hash), undefined)
    assert.equal(await store.consents.find(user.id, client.id), undefined)
    assert.ok(await store.consents.find(user.id, another.id))
    assert.equal(await store.consents.revoke(of, revoked), false)
    const events = (await eventsOf(store, user.id)).filter((name) => name === 'consent.revoked')
    assert.equal(events.length, 1)

    const late = { ...code, hash: newId() }
    assert.equal(await store.codes.create(late, eventOf('code.issued', of)), false, 'it came too late')
    assert.equal(await store.codes.find(user.id, late.hash), undefined)
    const ofAnother = { ...late, clientId: another.id }
    assert.equal(await store.codes.create(ofAnother, eventOf('code.issued', of)), true)
  })

  test('C17: of a consent that is taken back in the moment of a code or of a device’s yes no code is left', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    const client = await register(store, 'One')
    const { session } = await signIn(store, user)
    const of = { userId: user.id, clientId: client.id }
    for (let round = 0; round < races; round += 1) {
      await store.consents.grant({ ...of, scopes: [] }, eventOf('consent.granted', of))
      const from = { sessionId: session.id, scope: [], resources: [], lifeMilliseconds: MINUTE }
      const asked = { redirectUri: 'https://app.example.com/cb', challenge: undefined, nonce: undefined }
      const code = { ...of, ...from, ...asked, hash: newId(), needsConsent: true }
      const device = { ...from, clientId: client.id, hash: newId(), userCodeHash: newId() }
      const unknown = { address: undefined, agent: undefined, intervalMilliseconds: SECOND }
      assert.equal(await store.deviceCodes.create({ ...device, ...unknown }), true)
      const approval = { hash: device.hash, userId: user.id, sessionId: session.id, scope: [] }
      const [, , revoked] = await Promise.all([
        store.codes.create(code, eventOf('code.issued', of)),
        store.deviceCodes.approve(approval, eventOf('device_code.approved', of)),
        other.consents.revoke(of, eventOf('consent.revoked', of)),
      ])
      assert.equal(revoked, true)
      assert.equal(await store.codes.find(user.id, code.hash), undefined)
      const polled = await store.deviceCodes.poll(device, eventOf('device_code.reused'))
      assert.ok(polled === undefined || polled.state === 'waiting', polled?.state)
    }
  })

  test('C17, E13: whoever is signed in no more allows nothing; where a change of address is stopped in that moment, nothing is left allowed', async () => {
    const { store, other } = subject()
    const client = await register(store, 'One')
    const grant = (by: Store, userId: string, sessionId: string) => {
      const of = { userId, clientId: client.id }
      return by.consents.grant({ ...of, sessionId, scopes: [] }, eventOf('consent.granted', of))
    }
    const { user, session } = await signIn(store)
    const stranger = await signIn(store)
    for (const wrong of [newId(), 'none', stranger.session.id]) {
      assert.equal(await grant(store, user.id, wrong), false)
    }
    assert.equal(await store.consents.find(user.id, client.id), undefined)
    assert.equal(await grant(store, user.id, session.id), true)
    await store.users.setPassword(user.id, { hash: 'new' }, eventOf('user.password_changed'))
    assert.equal(await grant(store, user.id, session.id), false)
    assert.equal(tally(await eventsOf(store, user.id))['consent.granted'], 1)

    for (let round = 0; round < races; round += 1) {
      const thief = await signIn(store)
      const keep = newLink(thief.user, 'keep_email')
      assert.ok(await store.links.create([keep], eventOf('user.reset_asked')))
      const allow = () => grant(store, thief.user.id, thief.session.id)
      const stop = () => other.links.keepEmail(keep, eventOf('user.email_kept'))
      await Promise.all(round % 2 === 0 ? [allow(), stop()] : [stop(), allow()])
      assert.equal(await store.consents.find(thief.user.id, client.id), undefined)
    }
  })

  test('of a client that was removed nothing is kept, whoever removed it', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const clients = [
      await register(store, 'One'),
      await register(store, 'Two'),
      await register(store, 'Three'),
    ]
    const [one, two, three] = clients.map(({ id }) => id) as [string, string, string]
    for (const clientId of [one, two, three]) {
      const consent = { userId: user.id, clientId, scopes: [] }
      assert.ok(await store.consents.grant(consent, eventOf('consent.granted', { userId: user.id })))
    }
    await store.clients.remove(one, eventOf('client.deleted'))
    const entry = { kind: 'client', least: undefined } as const
    await store.revocations.add({ ...entry, ref: two }, {}, eventOf('client.deleted'))
    const lost = { ...entry, ref: three, remainingMilliseconds: MINUTE }
    assert.equal(await store.revocations.restore([lost], eventOf('store.rolled_back')), 1)
    for (const id of [one, two, three]) assert.equal(await store.clients.find(id), undefined)
    assert.deepEqual(await store.consents.list(user.id), [])
  })

  test('G-15: a consent that a restore may have brought back counts no more, nor does what it adds up to', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const client = await register(store, 'One')
    const of = { userId: user.id, clientId: client.id }
    const grant = (scopes: string[]) =>
      store.consents.grant({ ...of, scopes }, eventOf('consent.granted', of))
    await grant(['openid', 'email'])
    await store.declareRestored(0, eventOf('application.recorded'))
    assert.equal(await store.consents.find(user.id, client.id), undefined)
    assert.deepEqual(await store.consents.list(user.id), [])
    await grant(['orders:read'])
    assert.deepEqual((await store.consents.find(user.id, client.id))?.scopes, ['orders:read'])
  })
}
