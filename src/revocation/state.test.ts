import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '../../test/revocation/hand-clock.ts'
import { systemRandom } from '../base/random.ts'
import type { Cause } from '../errors/codes.ts'
import { type AccessClaims, type Counters, Derived } from '../model/access-token.ts'
import type { RevocationKind } from '../model/revocation.ts'
import { SWEEPS_OF_TABLE } from './entry-table.ts'
import { createRevocationState, type RevocationState } from './state.ts'

const id = (digit: string): string => `${digit.repeat(8)}-0000-4000-8000-000000000000`
const claims: AccessClaims = {
  iss: 'https://issuer.example',
  aud: 'https://api.example',
  sub: id('a'),
  client_id: 'first-party',
  iat: 1000,
  exp: 1900,
  jti: id('b'),
  sid: id('c'),
}
const counters: Counters = { user: 10, client: 20, store: 30 }
const token = { claims, counters }
const forItself = { claims: withoutSession({ ...claims, sub: 'robot', client_id: 'robot' }), counters }

function withoutSession({ sid: _, ...rest }: AccessClaims): AccessClaims {
  return rest as AccessClaims
}

function stateWith(
  ...entries: readonly (readonly [RevocationKind, ref: string, least?: number | undefined])[]
): RevocationState {
  const state = createRevocationState({ clock: createHandClock().clock, random: systemRandom })
  state.add(entries.map(([kind, ref, least]) => ({ kind, ref, least, remainingMilliseconds: 60_000 })))
  return state
}

test('without entries nothing is refused', () => {
  assert.equal(stateWith().refuses(token, 'k1'), undefined)
  assert.equal(stateWith().refuses({ claims: withoutSession(claims), counters: undefined }), undefined)
})

const refused: readonly (readonly [RevocationKind, string, number | undefined, Cause])[] = [
  ['token', id('b'), undefined, 'TOKEN_REVOKED'],
  ['session', id('c'), undefined, 'SESSION_ENDED'],
  ['user', id('a'), 11, 'TOKEN_VERSION_STALE'],
  ['user', id('a'), undefined, 'USER_NOT_FOUND'],
  ['client', 'first-party', 21, 'TOKEN_VERSION_STALE'],
  ['client', 'first-party', undefined, 'CLIENT_REMOVED'],
  ['key', 'k1', undefined, 'SIGNING_KEY_REVOKED'],
  ['store', 'store-1', 31, 'STORE_RESTORED'],
  ['store', id('9'), undefined, 'STORE_RESTORED'],
]
for (const [kind, ref, least, cause] of refused) {
  test(`B7, PROTOCOL 2.7: an entry of kind ${kind}${least === undefined ? '' : ' with a counter'} refuses what it names`, () => {
    assert.equal(stateWith([kind, ref, least]).refuses(token, 'k1'), cause)
  })
}

test('B7: a token that was asked about before is refused by what came since, and by another memory', () => {
  for (const [kind, ref, least, cause] of refused) {
    const known = { ...token, derived: new Derived() }
    const state = stateWith()
    assert.equal(state.refuses(known, 'k1'), undefined, 'nothing is there yet')
    state.add([{ kind: 'user', ref: id('d'), least: undefined, remainingMilliseconds: 60_000 }])
    assert.equal(state.refuses(known, 'k1'), undefined, 'somebody else')
    state.add([{ kind, ref, least, remainingMilliseconds: 60_000 }])
    assert.equal(state.refuses(known, 'k1'), cause, kind)
    assert.equal(stateWith([kind, ref, least]).refuses(known, 'k1'), cause, 'another memory')
    assert.equal(state.refuses(known, 'k1'), cause, 'and the first again')
  }
})

const passed: readonly (readonly [RevocationKind, string, (number | undefined)?])[] = [
  ['token', id('c')],
  ['token', id('a')],
  ['session', id('b')],
  ['session', 'first-party'],
  ['user', id('c')],
  ['user', id('a'), 10],
  ['user', id('a'), 0],
  ['client', 'first-party', 20],
  ['client', 'first-part'],
  ['client', id('a')],
  ['key', 'k2'],
  ['store', 'store-1', 30],
  ['apikey', id('b')],
]
for (const [kind, ref, least] of passed) {
  test(`PROTOCOL 2.7: an entry of kind ${kind} for ${ref}${least === undefined ? '' : ` with least ${least}`} refuses nothing else`, () => {
    assert.equal(stateWith([kind, ref, least]).refuses(token, 'k1'), undefined)
  })
}

test('PROTOCOL 2.7: a counter on a token, session or key entry does not soften it', () => {
  assert.equal(stateWith(['token', id('b'), 1]).refuses(token), 'TOKEN_REVOKED')
  assert.equal(stateWith(['session', id('c'), 1]).refuses(token), 'SESSION_ENDED')
  assert.equal(stateWith(['key', 'k1', 1]).refuses(token, 'k1'), 'SIGNING_KEY_REVOKED')
})

test('of two entries the stricter one counts, in either order', () => {
  assert.equal(stateWith(['user', id('a'), 11], ['user', id('a'), 5]).refuses(token), 'TOKEN_VERSION_STALE')
  assert.equal(stateWith(['user', id('a'), 5], ['user', id('a')]).refuses(token), 'USER_NOT_FOUND')
  assert.equal(stateWith(['user', id('a')], ['user', id('a'), 5]).refuses(token), 'USER_NOT_FOUND')
})

test('PROTOCOL 2.10: a token without a session is asked everything else', () => {
  assert.equal(stateWith(['session', id('c')]).refuses(forItself), undefined)
  assert.equal(stateWith(['client', 'robot']).refuses(forItself), 'CLIENT_REMOVED')
  assert.equal(stateWith(['client', 'robot', 21]).refuses(forItself), 'TOKEN_VERSION_STALE')
  assert.equal(stateWith(['store', 's', 31]).refuses(forItself), 'STORE_RESTORED')
})

test('PROTOCOL 2.7: a token without counters proves nothing to an entry that compares them', () => {
  const bare = { claims, counters: undefined }
  assert.equal(stateWith(['user', id('a'), 1]).refuses(bare), 'TOKEN_VERSION_STALE')
  assert.equal(stateWith(['client', 'first-party', 1]).refuses(bare), 'TOKEN_VERSION_STALE')
  assert.equal(stateWith(['store', 's', 1]).refuses(bare), 'STORE_RESTORED')
  assert.equal(stateWith(['user', id('d'), 1]).refuses(bare), undefined)
})

test('PROTOCOL 2.4: a session is refused for itself, its user, client or the store, as its row stands now', () => {
  const session = { id: id('c'), userId: id('a'), clientId: 'first-party', counters }
  assert.equal(stateWith(['session', id('c')]).refusesSession(session), 'SESSION_ENDED')
  assert.equal(stateWith(['user', id('a'), 11]).refusesSession(session), 'TOKEN_VERSION_STALE')
  assert.equal(stateWith(['user', id('a'), 10]).refusesSession(session), undefined)
  assert.equal(stateWith(['store', 's', 31]).refusesSession(session), 'STORE_RESTORED')
  assert.equal(stateWith(['token', id('b')]).refusesSession(session), undefined)
})

test('PROTOCOL 2.7: an API key is found by its id alone', () => {
  const state = stateWith(['apikey', 'key-7'], ['token', id('b')])
  assert.equal(state.isEnded('apikey', 'key-7'), true)
  assert.equal(state.isEnded('apikey', id('b')), false)
  assert.equal(state.isEnded('token', 'key-7'), false)
})

for (const step of [5_000, 3_600_000, 86_400_000]) {
  test(`B11, PROTOCOL 2.6: an entry ends with the clock that tokens end by, also where that is set by ${step / 1000} s`, async () => {
    const hand = createHandClock()
    const state = createRevocationState({ clock: hand.clock, random: systemRandom })
    state.add([{ kind: 'session', ref: id('c'), least: undefined, remainingMilliseconds: 60_000 }])
    state.add([{ kind: 'store', ref: 's', least: 31, remainingMilliseconds: 60_000 }])
    const sweepAll = (): void => {
      for (let count = 0; count < SWEEPS_OF_TABLE; count++) state.sweep()
    }
    const assertRefused = (when: string): void => {
      sweepAll()
      assert.equal(state.refuses(token), 'SESSION_ENDED', when)
      assert.equal(state.refuses(forItself), 'STORE_RESTORED', when)
    }
    hand.step(step)
    assertRefused('set forward')
    hand.step(-step)
    assertRefused('set right: the clock stands still')
    await hand.pass(step)
    assertRefused('and no token has come nearer to its end')
    await hand.pass(59_000)
    assertRefused('a second before the end')
    await hand.pass(2000)
    state.sweep()
    assert.equal(state.refuses(token), undefined, 'after the end, swept or not')
    assert.equal(state.refuses(forItself), undefined)
    sweepAll()
    assert.equal(state.size, 0)
  })
}

test('a machine that slept has its entries for longer, not for shorter', async () => {
  const hand = createHandClock()
  const state = createRevocationState({ clock: hand.clock, random: systemRandom })
  state.add([{ kind: 'session', ref: id('c'), least: undefined, remainingMilliseconds: 60_000 }])
  hand.sleep(86_400_000)
  state.sweep()
  assert.equal(state.refuses(token), 'SESSION_ENDED')
})
