import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { EventName } from '../../src/audit/events.ts'
import { type Store, sqlite } from '../../src/index.ts'
import { type Place, patient, startPlace } from '../store/postgres-place.ts'
import { claimsOf, PASSWORD, startIssuer, type TestIssuer, type Tokens, tokensOf } from './issuer.ts'

/** A user on two devices, and the issuer they are signed in at. */
interface Scene {
  readonly issuer: TestIssuer
  readonly userId: string
  readonly username: string
  readonly device: Tokens
  readonly other: Tokens
  readonly admin: string
}

/** What ends something, and what is left of the two devices then. */
interface Ending {
  readonly cause: string
  readonly event: EventName
  happen(scene: Scene): Promise<unknown>
  readonly device: 'ended' | 'refreshes'
  readonly other: 'ended' | 'refreshes' | 'untouched'
}

const NEW_PASSWORD = 'another long sentence'
const path = ({ userId }: Scene) => `/admin/users/${userId}`
const sessionOf = ({ access }: Tokens) => String(claimsOf(access).sid)

const ENDINGS: readonly Ending[] = [
  {
    cause: 'logout with the access token',
    event: 'session.ended',
    happen: ({ issuer, device }) => issuer.call('POST', '/logout', { token: device.access }),
    device: 'ended',
    other: 'untouched',
  },
  {
    cause: 'logout with the refresh token',
    event: 'session.ended',
    happen: ({ issuer, device }) =>
      issuer.call('POST', '/logout', { json: { refresh_token: device.refresh } }),
    device: 'ended',
    other: 'untouched',
  },
  {
    cause: 'reuse of a refresh token',
    event: 'session.reuse',
    async happen({ issuer, device }) {
      await issuer.refresh(device.refresh)
      await issuer.refresh(device.refresh)
    },
    device: 'ended',
    other: 'untouched',
  },
  {
    cause: 'a user who ends one of their sessions',
    event: 'session.ended',
    happen: ({ issuer, device, other }) =>
      issuer.call('DELETE', `/users/me/sessions/${sessionOf(device)}`, { token: other.access }),
    device: 'ended',
    other: 'untouched',
  },
  {
    cause: 'a user who ends all others',
    event: 'session.all_ended',
    happen: ({ issuer, other }) =>
      issuer.call('DELETE', '/users/me/sessions?keep=current', { token: other.access }),
    device: 'ended',
    other: 'refreshes',
  },
  {
    cause: 'a user who signs out everywhere',
    event: 'session.all_ended',
    happen: ({ issuer, other }) => issuer.call('DELETE', '/users/me/sessions', { token: other.access }),
    device: 'ended',
    other: 'ended',
  },
  {
    cause: 'a user who changes the password',
    event: 'user.password_changed',
    happen: ({ issuer, other }) =>
      issuer.call('POST', '/password/change', {
        token: other.access,
        json: { current_password: PASSWORD, new_password: NEW_PASSWORD },
      }),
    device: 'ended',
    other: 'refreshes',
  },
  {
    cause: 'an operator who sets the password',
    event: 'user.password_changed',
    happen: ({ issuer, userId }) => issuer.auth.users.setPassword(userId, NEW_PASSWORD),
    device: 'ended',
    other: 'ended',
  },
  {
    cause: 'an admin who disables the account',
    event: 'user.disabled',
    happen: (scene) =>
      scene.issuer.call('PATCH', path(scene), { token: scene.admin, json: { state: 'disabled' } }),
    device: 'ended',
    other: 'ended',
  },
  {
    cause: 'an account that is deleted',
    event: 'user.deleted',
    happen: ({ issuer, userId }) => issuer.auth.users.remove(userId),
    device: 'ended',
    other: 'ended',
  },
  {
    cause: 'an admin who takes a role away',
    event: 'user.roles_changed',
    happen: (scene) => scene.issuer.call('PATCH', path(scene), { token: scene.admin, json: { roles: [] } }),
    device: 'refreshes',
    other: 'refreshes',
  },
  {
    cause: 'an admin who ends one session',
    event: 'session.ended',
    happen: (scene) =>
      scene.issuer.call('DELETE', `${path(scene)}/sessions/${sessionOf(scene.device)}`, {
        token: scene.admin,
      }),
    device: 'ended',
    other: 'untouched',
  },
  {
    cause: 'an admin who ends all sessions',
    event: 'session.all_ended',
    happen: (scene) => scene.issuer.call('DELETE', `${path(scene)}/sessions`, { token: scene.admin }),
    device: 'ended',
    other: 'ended',
  },
]

const DATABASES: Readonly<Record<string, () => Promise<{ store: Store; place?: Place }>>> = {
  sqlite: async () => ({ store: sqlite(':memory:') }),
  async postgres() {
    const place = await startPlace()
    return { store: patient({ url: await place.newUrl() }), place }
  },
}

for (const [database, open] of Object.entries(DATABASES)) {
  describe(database, () => {
    let issuer: TestIssuer
    let place: Place | undefined
    let admin: string
    let stranger: Tokens
    before(async () => {
      const opened = await open()
      place = opened.place
      issuer = await startIssuer({ store: opened.store, refreshReuseWindowSeconds: 0, rateLimits: 'off' })
      stranger = await issuer.signUp('stranger')
      const { access } = await issuer.signUp('root')
      await issuer.auth.users.setRoles(String(claimsOf(access).sub), ['user', 'admin'])
      admin = tokensOf(await issuer.signIn('root')).access
    })
    after(async () => {
      await issuer.close()
      await place?.stop()
    })

    for (const [number, ending] of ENDINGS.entries()) {
      test(`B7, B8 (${database}): ${ending.cause}: seen by the very next request`, async () => {
        const username = `user${number}`
        const device = await issuer.signUp(username)
        const other = tokensOf(await issuer.signIn(username))
        const userId = String(claimsOf(device.access).sub)
        await ending.happen({ issuer, userId, username, device, other, admin })

        for (const [tokens, left] of [
          [device, ending.device],
          [other, ending.other],
        ] as const) {
          assert.equal((await issuer.me(tokens.access)).status, left === 'untouched' ? 200 : 401)
          if (left === 'ended') {
            const refused = await issuer.refresh(tokens.refresh)
            assert.equal(refused.status, 400)
            assert.equal(refused.body.error, 'invalid_grant')
          } else {
            const renewed = tokensOf(await issuer.refresh(tokens.refresh))
            assert.equal((await issuer.me(renewed.access)).status, 200)
          }
        }
        assert.equal((await issuer.me(stranger.access)).status, 200, 'nobody else is touched')
        const events = await issuer.auth.events.list({ userId, name: ending.event, limit: 9 })
        assert.equal(events.length, 1, `one ${ending.event}`)
      })
    }
  })
}
