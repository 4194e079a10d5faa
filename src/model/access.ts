import type { GuardRequest } from './guard-request.ts'
import type { CredentialName, Principal } from './principal.ts'

/** What a route asks for beside a genuine credential. Every part must hold. */
export interface Requirement<Scope extends string = string, Who = Principal> {
  /** All of these scopes. */
  readonly scopes?: readonly Scope[]
  /** At least one of these roles. */
  readonly roles?: readonly string[]
  /** One of these credentials; any that the API reads where absent. */
  readonly via?: readonly CredentialName[]
  /** The user proved who they are at most this many seconds ago (RFC 9470). */
  readonly freshWithinSeconds?: number
  /** The user proved a second factor in this session: `mfa` is among the `amr` (RFC 8176). */
  readonly secondFactor?: true
  /**
   * A rule of the application's own, asked last. Only `true` itself lets pass; a throw refuses. It sees the request
   * before its body was read.
   */
  if?(principal: Who, request: GuardRequest): boolean
  /** The same for a rule that has to wait, for the resource's own data as a rule. The request then waits with it. */
  ifAsync?(principal: Who, request: GuardRequest): Promise<boolean>
}

/** How often whoever asks may pass: a person, with their API keys, or a client; where nobody is asked for, an address. */
export interface AccessLimit {
  /** What is limited. Routes with limits of one name share them, on all nodes. */
  readonly name: string
  readonly count: number
  readonly perSeconds: number
}

const NO_LIMITS: readonly AccessLimit[] = Object.freeze([])

declare const who: unique symbol

/**
 * The access word of a route. Opaque: made only by `anyone`, `signedIn` and `needs`, so that a plain object, a typing
 * slip or a forgotten import can never stand for one. `Who` is what the handler gets as principal.
 */
export class Access<Who = unknown> {
  declare readonly [who]: Who
  readonly #requirement: Requirement | undefined
  readonly #limits: readonly AccessLimit[]

  /** Undefined stands for `anyone`. Not for applications: use the three words. */
  constructor(requirement: Requirement | undefined, limits = NO_LIMITS) {
    this.#requirement = requirement
    this.#limits = limits
  }

  /** What must hold, or undefined where nobody needs to prove anything. */
  static requirementOf(access: Access): Requirement | undefined {
    return access.#requirement
  }

  static limitsOf(access: Access): readonly AccessLimit[] {
    return access.#limits
  }

  /** Whether the value is an access word. */
  static is(value: unknown): value is Access {
    return typeof value === 'object' && value !== null && #requirement in value
  }
}

/** Open to everybody. A credential that is presented all the same is not looked at. */
export const anyone: Access<undefined> = new Access(undefined)

/** Any genuine, unexpired, unrevoked credential. */
export const signedIn: Access<Principal> = new Access({})

/** A genuine credential that also meets the requirement. Throws a TypeError on one that could never be met. */
export function needs<Scope extends string>(requirement: Requirement<Scope>): Access<Principal> {
  const problem = problemOf(requirement)
  if (problem !== undefined) throw new TypeError(`needs(): ${problem}`)
  return new Access(Object.freeze({ ...requirement }))
}

/**
 * The same word with a limit: `limited(needs({ scopes: ['reports:make'] }), { name: 'reports', count: 10, perSeconds: 60 })`.
 * A true rate, of which the whole count may come at once. Throws a TypeError on a limit that could never be kept.
 */
export function limited<Who>(access: Access<Who>, limit: AccessLimit): Access<Who> {
  if (!Access.is(access))
    throw new TypeError('limited(): not an access word; use anyone, signedIn or needs()')
  const { name, count, perSeconds } = limit
  if (
    typeof name !== 'string' ||
    !/^[\x21\x23-\x5b\x5d-\x7e][\x20\x21\x23-\x5b\x5d-\x7e]{0,99}$/.test(name)
  ) {
    throw new TypeError('limited(): name must be one line of up to 100 plain characters')
  }
  if (!(Number.isSafeInteger(count) && count > 0) || !(Number.isSafeInteger(perSeconds) && perSeconds > 0)) {
    throw new TypeError('limited(): count and perSeconds must be whole numbers above zero')
  }
  const limits = [...Access.limitsOf(access), Object.freeze({ name, count, perSeconds })]
  return new Access(Access.requirementOf(access), Object.freeze(limits)) as Access<Who>
}

const PARTS: ReadonlySet<string> = new Set([
  'scopes',
  'roles',
  'via',
  'freshWithinSeconds',
  'secondFactor',
  'if',
  'ifAsync',
])

function problemOf(requirement: Requirement): string | undefined {
  if (typeof requirement !== 'object' || requirement === null) {
    return 'it takes what a route asks for, such as { scopes: […] }; signedIn asks for nothing more'
  }
  // A misspelt part would ask for nothing, and nobody would notice.
  const unknown = Object.keys(requirement).find((part) => !PARTS.has(part))
  if (unknown !== undefined) return `${unknown} is not known; there are ${[...PARTS].join(', ')}`
  for (const part of ['scopes', 'roles', 'via'] as const) {
    const values = requirement[part]
    if (values === undefined) continue
    if (!Array.isArray(values) || values.length === 0 || values.some((value) => typeof value !== 'string')) {
      return `${part} must be a list of one or more names`
    }
  }
  const fresh = requirement.freshWithinSeconds
  if (fresh !== undefined && !(Number.isSafeInteger(fresh) && fresh > 0)) {
    return 'freshWithinSeconds must be a whole number above zero'
  }
  // `false` reads as if it forbade one.
  if (requirement.secondFactor !== undefined && requirement.secondFactor !== true) {
    return 'secondFactor must be true, or left out'
  }
  for (const part of ['if', 'ifAsync'] as const) {
    const rule = requirement[part]
    if (rule !== undefined && typeof rule !== 'function') return `${part} must be a function`
  }
  return undefined
}
