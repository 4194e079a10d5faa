import { z } from 'zod'
import type { Random } from '../base/random.ts'
import { randomSecret } from '../base/random.ts'
import { createSecretKeys } from '../keys/secret-keys.ts'
import { Secret } from './secret.ts'
import { SECRET_BYTES, secretProblems } from './secret-strength.ts'
import type { ValueKind } from './setting.ts'
import { commaSeparated } from './values.ts'

/** More keys than this at a time is a mistake: one is written with, one or two are being replaced. */
const MOST_KEYS = 10

/** A fresh key for SECRET_KEY: 32 random bytes as base64url, 43 characters. */
export function newSecretKey(random: Random): string {
  return randomSecret(random, SECRET_BYTES)
}

/** What is known of a list of keys: the keys, or everything that is wrong with it. */
export interface ParsedSecretKeys {
  readonly keys: readonly Secret[]
  readonly problems: readonly string[]
}

/** Reads SECRET_KEY: a text with commas, or a list. The strength of each key is checked (see `secretProblems`). */
export function parseSecretKeys(given: string | readonly string[]): ParsedSecretKeys {
  const texts = typeof given === 'string' ? commaSeparated(given) : given
  if (texts.length === 0) return { keys: [], problems: ['is empty'] }
  if (texts.length > MOST_KEYS) return { keys: [], problems: [`must hold at most ${MOST_KEYS} keys`] }
  const problems = texts.flatMap((text, index) =>
    secretProblems(text).map((problem) => (texts.length === 1 ? problem : `key ${index + 1} ${problem}`)),
  )
  if (new Set(texts).size < texts.length) problems.push('holds the same key twice')
  return { keys: problems.length > 0 ? [] : texts.map((text) => new Secret(text, maskSecret)), problems }
}

/** The kind of SECRET_KEY and JWT_SECRET. */
export function secretKeyList(): ValueKind<readonly Secret[], string | readonly string[]> {
  const error = 'must be a text or a list of texts'
  return {
    schema: z.union([z.string(), z.array(z.string()).readonly()], { error }).transform((given, context) => {
      const { keys, problems } = parseSecretKeys(given)
      for (const message of problems) context.addIssue(message)
      return keys
    }),
    expects: 'one or more keys of 32 random bytes each, as base64url',
    fromText: (text) => text,
  }
}

/** What may be shown of a key: its length, and the name it goes by in tokens, rows and logs. */
function maskSecret(text: string): string {
  const [fingerprint = ''] = createSecretKeys([text]).fingerprints
  return `set, ${text.length} characters, fingerprint ${fingerprint}`
}
