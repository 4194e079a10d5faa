import assert from 'node:assert/strict'
import type { NewEvent } from '../../../src/audit/events.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Origin } from './endings.ts'

const LIFE_MILLISECONDS = 600_000
const SYSTEM = { actor: { kind: 'system' } } as const

/** A store whose next session begins with a code, as the grants of RFC 6749 and RFC 8628 begin one. */
export interface StoreWithCodes {
  readonly store: Store
  next(origin: Origin): void
  /** The hash of the code that began a session. */
  codeOf(sessionId: string): string | undefined
}

export function beginByCodes(store: Store, newId: () => string): StoreWithCodes {
  const codes = new Map<string, string>()
  let origin: Origin = 'sign-in'

  const start: Store['sessions']['start'] = async (session, event) => {
    const { userId, clientId, scope, resources } = session
    if (origin === 'sign-in') return store.sessions.start(session, event)
    const named = (name: NewEvent['name']): NewEvent => ({ name, origin: SYSTEM, userId, clientId })
    // The one in the browser, from which it is allowed.
    const browser = { ...session, id: newId(), secretHash: newId() }
    assert.equal((await store.sessions.start(browser, event)).outcome, 'started')
    const code = { hash: newId(), clientId, resources, lifeMilliseconds: LIFE_MILLISECONDS }
    codes.set(session.id, code.hash)
    if (origin === 'code') {
      const asked = { userId, sessionId: browser.id, redirectUri: 'https://app.example.com/cb' }
      const made = { ...code, ...asked, challenge: undefined, scope, nonce: undefined, needsConsent: false }
      assert.equal(await store.codes.create(made, named('code.issued')), true)
      const events = { started: event, reused: named('code.reused') }
      const redeemed = await store.codes.redeem({ userId, hash: code.hash }, session, events)
      assert.equal(redeemed.outcome, 'redeemed')
      return redeemed.outcome === 'redeemed' ? { ...redeemed, outcome: 'started' } : { outcome: 'stale' }
    }
    const device = {
      userCodeHash: newId(),
      scope,
      intervalMilliseconds: 0,
      address: undefined,
      agent: undefined,
    }
    assert.equal(await store.deviceCodes.create({ ...code, ...device }), true)
    await store.consents.grant({ userId, clientId, scopes: scope }, named('consent.granted'))
    const approval = { hash: code.hash, userId, sessionId: browser.id, scope }
    assert.equal(await store.deviceCodes.approve(approval, named('device_code.approved')), true)
    const redeemed = await store.deviceCodes.redeem(code.hash, session, event)
    assert.equal(redeemed.outcome, 'redeemed')
    return redeemed.outcome === 'redeemed' ? { ...redeemed, outcome: 'started' } : { outcome: 'stale' }
  }

  return {
    store: { ...store, sessions: { ...store.sessions, start } },
    next(wanted) {
      origin = wanted
    },
    codeOf: (sessionId) => codes.get(sessionId),
  }
}
