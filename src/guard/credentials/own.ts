import { type Clock, toSeconds } from '../../base/clock.ts'
import { Refusal } from '../../errors/refusal.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import type { Credential } from './credential.ts'

/** Whom a credential of the application's own proved. */
export interface OwnPrincipal {
  readonly id: string
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
  /** When the user proved who they are, for `freshWithinSeconds`. Seconds since 1970. */
  readonly authTime?: number
  /** When it ends. Seconds since 1970. */
  readonly expiresAt: number
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A credential of the application's own. Made by `credential`. */
export interface OwnCredential {
  /** What `via` calls it. */
  readonly name: string
  /** The text presented, or undefined if this credential is not there. */
  readonly read: (request: GuardRequest) => string | undefined
  /** Whom it proves; undefined if nobody. */
  readonly verify: (text: string) => OwnPrincipal | undefined | Promise<OwnPrincipal | undefined>
}

const BUILT_IN: ReadonlySet<string> = new Set(['bearer', 'api-key', 'session', 'basic', 'ws-ticket'])

/**
 * A way of your own to say who is asking, for the routes of your application; hand it to `createAuth` as one of
 * `credentials`. Nothing of ours is looked at: neither revocations nor the state of an account, and no forged request
 * is noticed where it is a cookie. What it throws refuses. Throws a TypeError on a name that cannot stand in `via`.
 */
export function credential(own: OwnCredential): OwnCredential {
  const { name, read, verify } = own
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name) || BUILT_IN.has(name)) {
    throw new TypeError(
      'credential(): the name must be of lower-case letters, digits and -, and not one of ours',
    )
  }
  if (typeof read !== 'function' || typeof verify !== 'function') {
    throw new TypeError('credential(): read and verify must be functions')
  }
  return Object.freeze({ name, read, verify })
}

/** The credential as guards use it. */
export function ownCredential({ name, read, verify }: OwnCredential, clock: Clock): Credential {
  const prove = (found: OwnPrincipal | undefined): Principal | Refusal => {
    if (found === undefined) return new Refusal('OWN_CREDENTIAL_REFUSED', { details: { via: name } })
    // What is no principal must not pass for one because a type said so.
    if (typeof found.id !== 'string' || found.id === '' || !Number.isFinite(found.expiresAt)) {
      throw new TypeError(`the credential ${name} proved somebody without id or end`)
    }
    return toSeconds(clock.now()) >= found.expiresAt
      ? new Refusal('OWN_CREDENTIAL_REFUSED', { details: { via: name, why: 'expired' } })
      : principalOf(found, name)
  }
  return {
    name,
    // Nobody knows what it reads; most of them are cookies.
    isAmbient: true,
    read: (request) => read(request),
    verify(text) {
      const found = verify(text)
      return isLater(found) ? Promise.resolve(found).then(prove) : prove(found)
    },
  }
}

/** A promise, also that of a library, such as a query of its own. */
function isLater<Value>(found: Value | Promise<Value>): found is Promise<Value> {
  return typeof (found as Partial<Promise<Value>> | null | undefined)?.then === 'function'
}

function principalOf(found: OwnPrincipal, via: string): Principal {
  const { id, scopes = [], roles = [], authTime, expiresAt, claims = {} } = found
  return {
    kind: 'user',
    id,
    clientId: FIRST_PARTY,
    scopes: Object.freeze([...scopes]),
    roles: Object.freeze([...roles]),
    sessionId: undefined,
    tokenId: '',
    via,
    amr: [],
    authTime,
    expiresAt,
    claims,
  }
}
