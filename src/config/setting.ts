import type { z } from 'zod'
import type { Mode } from './mode.ts'

/** A kind of value: what is accepted, in words, and how the text of an environment variable becomes one. */
export interface ValueKind<Out = unknown, In = unknown> {
  readonly schema: z.ZodType<Out, In>
  /** Completes "must be …". */
  readonly expects: string
  /** Gives what the schema then judges. It refuses nothing: text that means nothing stays text. */
  readonly fromText: (text: string) => unknown
}

/** What a default may depend on. */
export interface Basis {
  readonly mode: Mode
  readonly host: string
  readonly port: number
  readonly scheme: 'http' | 'https'
  readonly issuer: string
  readonly refreshTokenExpireDays: number
}

/** A default that depends on other settings, and how the documentation says so. */
export class Derived<Out> {
  readonly inWords: string
  readonly from: (basis: Basis) => Out

  constructor(inWords: string, from: (basis: Basis) => Out) {
    this.inWords = inWords
    this.from = from
  }
}

/** One entry of the schema: everything anybody needs to know about a setting. */
export interface Setting<Out = unknown, In = unknown> {
  readonly kind: ValueKind<Out, In>
  /** The environment variable; absent where a line of text could not hold the value. */
  readonly environment?: string
  readonly default: Out | Derived<Out>
  /** One sentence, for people. */
  readonly description: string
  /** Kept in a `Secret`, never shown, may come from a file or a function. */
  readonly secret?: true
  /** Some of its members are secrets: of what is refused nothing is repeated. */
  readonly holdsSecrets?: true
}

/** A setting with a value at all times. */
export function setting<Out, In>(
  entry: Omit<Setting<Out, In>, 'default'> & { readonly default: NoInfer<Out> | Derived<NoInfer<Out>> },
): Setting<Out, In> {
  return entry
}

/** A setting that may be absent. */
export function optional<Out, In>(
  entry: Omit<Setting<Out, In>, 'default'>,
): Setting<Out | undefined, In | undefined> {
  return { ...entry, kind: { ...entry.kind, schema: entry.kind.schema.optional() }, default: undefined }
}
