import assert from 'node:assert/strict'
import type { NewEvent } from '../../../src/audit/events.ts'
import { type Random, randomId } from '../../../src/base/random.ts'
import type { User } from '../../../src/model/user.ts'
import type { Store } from '../../../src/store/store.ts'
import type { TestIssuer } from '../../flows/issuer.ts'
import type { Ending, EndingOf } from './endings.ts'

const SYSTEM = { actor: { kind: 'system' } } as const
const LINK_MILLISECONDS = 3_600_000
const SCOPES = ['orders:read', 'orders:write']

/** What an issuer of histories is configured with, so that everything can be ended. */
export const ENDABLE = {
  scopes: { 'orders:read': 'See orders', 'orders:write': 'Change orders' },
  roles: { clerk: { scopes: ['orders:read'] }, guardian: { scopes: [] } },
  requireSecondFactor: ['guardian'],
} as const

/** The database as it is served at this moment: a restart serves it anew. */
export interface Served {
  readonly issuer: TestIssuer
  readonly store: Store
}

/** A session of a history, as its holder knows it. */
export interface HeldTokens {
  readonly userId: string
  readonly sessionId: string
  /** Of the client that it is for. */
  readonly clientId: string
  readonly refresh: string
  readonly access: string
  /** The hash of the code that began it, where one did. */
  readonly code: string | undefined
}

export interface EndingParts {
  readonly served: () => Served
  readonly random: Random
  readonly held: (session: number) => HeldTokens
  readonly users: string[]
  /** The registered client that there is now. */
  readonly clientId: () => string
  /** Others take the places of those that are removed. */
  readonly newUser: () => Promise<string>
  readonly newClient: () => Promise<void>
  /** Stops, tells the database that it was put back, and serves it again. */
  readonly declareRestored: () => Promise<void>
}

/** Each ending as the issuer does it; what asks for a proof by password, mail or device is asked of the store itself. */
export function issuerEndings(parts: EndingParts): Record<Ending, (of: EndingOf) => Promise<void>> {
  const { served, random, held, users, clientId } = parts
  const idOf = (user: number): string => users[user] ?? ''
  const event = (name: NewEvent['name'], userId?: string): NewEvent => ({ name, origin: SYSTEM, userId })
  const userOf = async (user: number): Promise<User> => {
    const found = await served().store.users.find(idOf(user))
    assert.ok(found, 'the user is there')
    return found
  }
  const keepOf = (keep: number | undefined): string | undefined =>
    keep === undefined ? undefined : held(keep).sessionId
  const by =
    (post: (of: HeldTokens, issuer: TestIssuer) => ReturnType<TestIssuer['call']>, good: number) =>
    async ({ session }: EndingOf): Promise<void> => {
      const { status, text } = await post(held(session), served().issuer)
      assert.equal(status, good, text)
    }
  const revoke = (issuer: TestIssuer, token: string, client: string) =>
    issuer.call('POST', '/revoke', { form: { token, client_id: client } })

  const addTotp = async (user: number, keepSessionId: string | undefined): Promise<void> => {
    const { id: userId, epoch: userEpoch } = await userOf(user)
    const totp = { userId, userEpoch, keepSessionId, sealed: randomId(random), step: 1, recoveryCodes: [] }
    assert.ok(await served().store.factors.addTotp(totp, event('totp.added', userId)))
  }
  const addPasskey = async (user: number, keepSessionId: string | undefined): Promise<string> => {
    const { id: userId, epoch: userEpoch } = await userOf(user)
    const id = randomId(random)
    const passkey = {
      id,
      name: 'Key',
      credentialId: id,
      publicKey: id,
      counter: 0,
      transports: [],
      synced: false,
    }
    const change = { userId, userEpoch, keepSessionId, recoveryCodes: [] }
    const { outcome } = await served().store.factors.addPasskey(
      { ...passkey, ...change },
      event('passkey.added', userId),
    )
    assert.equal(outcome, 'added')
    return id
  }
  const removeFactor = async (user: number, keep: number | undefined, passkeyId?: string): Promise<void> => {
    const factor = { userId: idOf(user), keepSessionId: keepOf(keep), passkeyId }
    const outcome = await served().store.factors.remove(factor, event('totp.removed', idOf(user)))
    assert.equal(outcome, 'removed')
  }
  const viaLink = async (
    user: number,
    purpose: 'reset' | 'keep_email',
    use: (link: { userId: string; hash: string; lifeMilliseconds: number }) => Promise<unknown>,
  ): Promise<void> => {
    const { id: userId, email } = await userOf(user)
    const link = { userId, hash: randomId(random), lifeMilliseconds: LINK_MILLISECONDS }
    const made = { ...link, purpose, email, emailKey: email, facts: {}, keptRoles: [] }
    assert.equal(await served().store.links.create([made], event('user.reset_asked', userId)), true)
    assert.ok(await use(link))
  }
  /** One of the database, which nobody else has. */
  const roleOf = (user: number): string => `helper${user}`
  const putRole = async (user: number, scopes: readonly string[]): Promise<void> => {
    const role = { name: roleOf(user), description: '', scopes }
    const step = { kind: 'role.put', role, event: event('role.changed') } as const
    assert.equal(await served().store.permissions.change([step]), undefined)
  }
  /** One of the configuration, too. */
  const giveRoles = async (user: number): Promise<void> => {
    await putRole(user, SCOPES)
    await served().issuer.auth.users.setRoles(idOf(user), ['clerk', roleOf(user)])
  }

  return {
    'sign out': by(
      ({ refresh }, issuer) => issuer.call('POST', '/logout', { json: { refresh_token: refresh } }),
      204,
    ),
    'revoke the refresh token': by((of, issuer) => revoke(issuer, of.refresh, of.clientId), 200),
    'revoke the access token': by((of, issuer) => revoke(issuer, of.access, of.clientId), 200),
    async 'an admin ends it'({ session }) {
      const { userId, sessionId } = held(session)
      await served().issuer.auth.sessions.end(userId, sessionId)
    },
    // With what ended it before, its code may be gone: then it is one that never was.
    async 'its code again'({ session, keep }) {
      const { userId, code, sessionId } = held(session)
      assert.ok(code)
      const events = { started: event('session.started', userId), reused: event('code.reused', userId) }
      const again = await served().store.codes.redeem({ userId, hash: code }, undefined as never, events)
      if (keep === undefined && again.outcome === 'void') return
      assert.deepEqual(again, { outcome: 'reused', sessionId })
    },
    async 'its device code again'({ session, keep }) {
      const { code, clientId: id } = held(session)
      assert.ok(code)
      const again = await served().store.deviceCodes.poll(
        { hash: code, clientId: id },
        event('device_code.reused'),
      )
      if (keep === undefined && again === undefined) return
      assert.equal(again?.state === 'used' && again.ended, true, JSON.stringify(again))
    },

    async 'change the password'({ user, keep }) {
      const change = { hash: randomId(random), keepSessionId: keepOf(keep) }
      await served().store.users.setPassword(idOf(user), change, event('user.password_changed', idOf(user)))
    },
    'add an authenticator': ({ user, keep }) => addTotp(user, keepOf(keep)),
    'add a passkey': async ({ user, keep }) => void (await addPasskey(user, keepOf(keep))),
    async 'remove the authenticator'({ user, keep }) {
      await addTotp(user, keepOf(keep))
      await removeFactor(user, keep)
    },
    async 'remove a passkey'({ user, keep }) {
      await removeFactor(user, keep, await addPasskey(user, keepOf(keep)))
    },
    async 'disconnect a provider'({ user, keep }) {
      const { id: userId, epoch: userEpoch } = await userOf(user)
      const id = randomId(random)
      const elsewhere = {
        id,
        userId,
        provider: 'p',
        issuer: 'https://p.example',
        subject: id,
        email: undefined,
      }
      const { identities } = served().store
      assert.equal(
        await identities.add({ ...elsewhere, userEpoch }, event('identity.added', userId)),
        'added',
      )
      const identity = { userId, id, keepSessionId: keepOf(keep), usable: ['p'] }
      const removed = await identities.remove(identity, event('identity.removed', userId))
      // Who has no password and no other way in keeps it: then there is another, and it goes.
      if (removed === 'removed') return
      const passkeyId = await addPasskey(user, keepOf(keep))
      assert.equal(await identities.remove(identity, event('identity.removed', userId)), 'removed')
      await removeFactor(user, keep, passkeyId)
    },

    'end all': async ({ user }) => void (await served().issuer.auth.sessions.endAll(idOf(user))),
    'reset the password': ({ user }) =>
      viaLink(user, 'reset', (link) =>
        served().store.links.resetPassword(
          link,
          randomId(random),
          event('user.password_changed', link.userId),
        ),
      ),
    'keep the former address': ({ user }) =>
      viaLink(user, 'keep_email', (link) =>
        served().store.links.keepEmail(link, event('user.email_kept', link.userId)),
      ),
    async 'disable and enable'({ user, session }) {
      const { users: accounts } = served().issuer.auth
      await accounts.disable(idOf(user))
      const { status } = await served().issuer.refresh(held(session).refresh)
      assert.equal(status, 400, 'of somebody who is disabled')
      await accounts.enable(idOf(user))
    },
    async 'give a role that needs a factor'({ user }) {
      const { users: accounts } = served().issuer.auth
      await accounts.setRoles(idOf(user), ['guardian'])
      await accounts.setRoles(idOf(user), [])
    },
    async 'reset the factors'({ user }) {
      await addTotp(user, undefined)
      assert.equal(await served().issuer.auth.users.resetFactors(idOf(user)), true)
    },
    async 'remove the user'({ user }) {
      await served().issuer.auth.users.remove(idOf(user))
      users[user] = await parts.newUser()
    },

    async 'take a role'({ user }) {
      await giveRoles(user)
      await served().issuer.auth.users.setRoles(idOf(user), [roleOf(user)])
    },
    async 'narrow a role'({ user }) {
      await giveRoles(user)
      await putRole(user, SCOPES.slice(1))
    },
    async 'remove a role'({ user }) {
      await giveRoles(user)
      const step = { kind: 'role.remove', name: roleOf(user), event: event('role.removed') } as const
      assert.equal(await served().store.permissions.change([step]), undefined)
    },

    // Whoever held the session may have been removed: who has taken their place may have sessions of the client too.
    async 'take the consent back'({ session, user }) {
      const { clientId: id } = held(session)
      const userId = idOf(user)
      const { consents } = served().store
      const consent = { userId, clientId: id, scopes: [] }
      assert.ok(await consents.grant(consent, event('consent.granted', userId)))
      assert.ok(await consents.revoke(consent, event('consent.revoked', userId)))
    },
    async 'remove the client'() {
      await served().issuer.auth.clients.remove(clientId())
      await parts.newClient()
    },
    async 'disable and enable the client'() {
      const { clients } = served().issuer.auth
      await clients.change(clientId(), { state: 'disabled' })
      await clients.change(clientId(), { state: 'active' })
    },
    async 'take a scope of the client'() {
      const { clients } = served().issuer.auth
      await clients.change(clientId(), { scopes: SCOPES })
      await clients.change(clientId(), { scopes: [] })
    },
    async 'the secret of the client has leaked'() {
      const made = { hash: randomId(random), formerMilliseconds: 0, endTokens: true }
      assert.ok(await served().store.clients.rotateSecret(clientId(), made, event('client.secret_rotated')))
    },

    'declare the database restored': () => parts.declareRestored(),
    'withdraw the signing key': async () => void (await served().issuer.auth.keys.rotate({ now: true })),
  }
}
