import { hashSync } from 'bcryptjs'
import type { HashFormat, HashProblem, StoredHash } from './format.ts'

const PATTERN = /^(\$2([abxy])\$(\d\d)\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/

/** bcrypt reads no more of a password than this; what comes after it would not count. */
const MOST_PASSWORD_BYTES = 72
/** 2^14 rounds keep one thread busy for about a second. */
const MOST_COST = 14

/**
 * `$2a$`, `$2b$` and `$2y$`: bcrypt itself, htpasswd, PHP and Laravel, Auth0, Devise. `$2x$` is refused: it marks
 * hashes of a library that mixed up bytes above 127, so that many passwords share one hash.
 */
export const bcrypt: HashFormat = {
  name: 'bcrypt',
  recognises: (stored) => stored.startsWith('$2'),
  read: (stored) => readBcrypt(stored),
}

/** Reads the text of a bcrypt hash; `prepare` is what the other system does to a password before bcrypt sees it. */
export function readBcrypt(
  stored: string,
  prepare: (password: string) => string = (password) => password,
): StoredHash | HashProblem {
  const [, setting, variant, cost, digest] = PATTERN.exec(stored) ?? []
  if (!setting || !digest) return 'malformed'
  if (variant === 'x') return 'format_refused'
  if (Number(cost) < 4) return 'malformed'
  if (Number(cost) > MOST_COST) return 'cost_too_high'
  return {
    expected: Buffer.from(digest),
    derive(password) {
      const text = prepare(password)
      if (Buffer.byteLength(text) > MOST_PASSWORD_BYTES) return 'password_unsuitable'
      return Buffer.from(hashSync(text, setting).slice(setting.length))
    },
  }
}
