import { encodeBase64Url } from '../base/base64url.ts'
import type { JsonObject } from '../base/strict-json.ts'
import type { RequirementData } from '../model/inventory.ts'

/** What an attacker is taken to hold; the more is given, the more ideas can be carried out. */
export interface Material {
  readonly nowSeconds: number
  /** The claims of a token that would be let in now, proven or guessed. */
  readonly claims: Claims
  /** A token that is let in. */
  readonly genuine?: string | undefined
  /** The public keys of the issuer, as its JWKS document shows them. */
  readonly publicKeys?: readonly JsonObject[] | undefined
  /** The issuer's own pen: signs whatever it is given. Only whoever runs the issuer has it. */
  readonly sign?: Sign | undefined
  /** What the route asks for beside a genuine token. */
  readonly requirement?: RequirementData | undefined
}

export type Claims = Readonly<Record<string, unknown>>
export type Sign = (claims: Claims, header?: Readonly<Record<string, unknown>>) => string

/** One hostile request: the value of its Authorization header, and in which of its spellings the idea is tried. */
export interface Forgery {
  readonly spelling: string
  readonly authorization: string
}

/** One way to get in without being permitted to. One file each; none of them sends anything. */
export interface Idea {
  /** Stays the same between versions: reports, and lists of exceptions, name it. */
  readonly name: string
  /** What is sent, as the end of the sentence "This route believed …". */
  readonly what: string
  /** What must be given for the idea to be carried out; nothing where it is empty. */
  readonly requires: readonly (keyof Material)[]
  /** The one right answer: we do not know you (401), or we do and it is not permitted (403). */
  readonly answer: 401 | 403
  /** Empty where the idea says nothing about what the route asks for. Pure but for new keys. */
  make(material: Material): readonly Forgery[]
}

/** Signs anything under any header. */
export function compose(
  header: Readonly<Record<string, unknown>>,
  claims: Claims,
  sign: (signingInput: string) => Uint8Array | string,
): string {
  const signingInput = `${encodeBase64Url(JSON.stringify(header))}.${encodeBase64Url(JSON.stringify(claims))}`
  return `${signingInput}.${encodeBase64Url(sign(signingInput))}`
}

export function bearer(spelling: string, token: string): Forgery {
  return { spelling, authorization: `Bearer ${token}` }
}

/** The header of a token, empty where it cannot be read. Proves nothing. */
export function headerOf(token: string | undefined): JsonObject {
  return readPart(token, 0)
}

/** The claims of a token, empty where they cannot be read. Proves nothing. */
export function claimsOf(token: string | undefined): JsonObject {
  return readPart(token, 1)
}

function readPart(token: string | undefined, index: number): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(token?.split('.')[index] ?? '', 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
  } catch {
    return {}
  }
}
