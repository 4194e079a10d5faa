import type { GuardRequest } from './guard-request.ts'
import type { CredentialName, Principal } from './principal.ts'

/** What a route asks for besides a good credential. Every part must hold. */
export interface Requirement<Scope extends string = string, Who = Principal> {
  /** All of these scopes. */
  readonly scopes?: readonly Scope[]
  /** At least one of these roles. */
  readonly roles?: readonly string[]
  /** One of these kinds of credential; by default any that the API reads. */
  readonly via?: readonly CredentialName[]
  /** The user proved who they are at most this many seconds ago (RFC 9470). */
  readonly freshWithinSeconds?: number
  /** The user proved a second factor in this session: `mfa` is among the `amr` (RFC 8176). */
  readonly secondFactor?: true
  /**
   * A rule of your own, asked last, before the body is read. Only `true` itself lets the request pass; any other value,
   * a promise included, and an error refuse.
   */
  if?(principal: Who, request: GuardRequest): boolean
  /** The same for a rule that has to wait, usually for data of the resource. The request waits for it. */
  ifAsync?(principal: Who, request: GuardRequest): Promise<boolean>
}

/** How often one caller may pass: an account with its API keys, or a client; an address where the word is `anyone`. */
export interface AccessLimit {
  /** The name of the limit. Routes with the same name share it. */
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

/** Lets everybody in. No credential is read, not even a bad one. */
export const anyone: Access<undefined> = new Access(undefined)

/** Lets in any genuine credential that has neither expired nor been revoked. */
export const signedIn: Access<Principal> = new Access({})

/**
 * Lets in a good credential that also meets the requirement. Throws a TypeError on a requirement that none could meet.
 */
export function needs<Scope extends string>(requirement: Requirement<Scope>): Access<Principal> {
  const problem = problemOf(requirement)
  if (problem !== undefined) throw new TypeError(`needs(): ${problem}`)
  return new Access(Object.freeze({ ...requirement }))
}

/**
 * Adds a limit to an access word: `limited(signedIn, { name: 'reports', count: 10, perSeconds: 60 })`. The limit is a
 * rate (GCRA), and the whole count may come at once. Throws a TypeError on a limit that could never be kept.
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
