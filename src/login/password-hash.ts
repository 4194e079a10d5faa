import { hashSync } from '@node-rs/argon2'
import { equalInConstantTime } from '../base/constant-time.ts'
import { argon2 } from './hash-formats/argon2.ts'
import { aspnetIdentity } from './hash-formats/aspnet-identity.ts'
import { bcrypt } from './hash-formats/bcrypt.ts'
import { django } from './hash-formats/django.ts'
import type { HashFormat, HashProblem, StoredHash } from './hash-formats/format.ts'
import { keycloak } from './hash-formats/keycloak.ts'
import { pbkdf2 } from './hash-formats/pbkdf2.ts'
import { firebaseScrypt, scrypt } from './hash-formats/scrypt.ts'
import { isHashable, normalisePassword } from './password-text.ts'

/** Argon2id as OWASP's Password Storage Cheat Sheet asks for it: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
/** How the text of a hash begins that is made today. */
export const CURRENT_HASH = '$argon2id$v=19$m=19456,t=2,p=1$'

/** A hash that no password has, in the current form: what a password is compared with where there is no user. */
const NOBODY = `${CURRENT_HASH}${'A'.repeat(22)}$${'A'.repeat(43)}`

/** A stored hash is text from a database or an import file; the longest that is written anywhere has a third of this. */
const MOST_STORED_CHARACTERS = 4096

/** The formats that are read. What a user signs in with is re-hashed to the first. */
export const hashFormats: readonly HashFormat[] = [
  argon2,
  bcrypt,
  scrypt,
  firebaseScrypt,
  pbkdf2,
  django,
  keycloak,
  aspnetIdentity,
]

export interface PasswordVerdict {
  readonly matches: boolean
  /** The password is right and its hash is not what `hashPassword` would write today. */
  readonly needsRehash: boolean
  /** The stored hash could not be compared: for the log and the operator. To the client it is a wrong password. */
  readonly problem?: HashProblem
}

/**
 * A new hash of a password, as PHC text. Blocks the thread for some 10 ms: call it through the hash queue. It does not
 * judge the password (`checkNewPassword` does); throws a RangeError for one that cannot be hashed whole.
 */
export function hashPassword(password: string): string {
  if (!isHashable(password)) throw new RangeError('This password cannot be hashed: check it first')
  return hashSync(normalisePassword(password), PARAMETERS)
}

/**
 * Compares a password with a stored hash in any of `hashFormats`. Blocks the thread: call it through the hash queue.
 * Without a hash (nobody has that name) and with one that cannot be read, the work of a current hash is done all the
 * same, so that the time does not tell. A hash made elsewhere takes its own time; the hash queue evens that out.
 */
export function verifyPassword(password: string, stored: string | undefined): PasswordVerdict {
  if (!isHashable(password)) return { matches: false, needsRehash: false, problem: 'password_unsuitable' }
  const problemOrMatch = compare(password, stored ?? NOBODY)
  if (typeof problemOrMatch === 'string') {
    compare(password, NOBODY)
    return { matches: false, needsRehash: false, problem: problemOrMatch }
  }
  const matches = problemOrMatch && stored !== undefined
  // Also from dearer parameters: one cost for all keeps known and unknown names alike, and the queue predictable.
  return { matches, needsRehash: matches && !isCurrentHash(stored) }
}

/** Whether a stored hash is what `hashPassword` writes. */
export function isCurrentHash(stored: string): boolean {
  return stored.startsWith(CURRENT_HASH)
}

function compare(password: string, stored: string): boolean | HashProblem {
  const hash = readStoredHash(stored)
  if (typeof hash === 'string') return hash
  // Second as it was typed: other systems do not normalise.
  for (const text of new Set([normalisePassword(password), password])) {
    const derived = hash.derive(text)
    if (typeof derived === 'string') return derived
    if (equalInConstantTime(derived, hash.expected)) return true
  }
  return false
}

/** Reads a stored hash without deriving anything; an import uses it to say which rows will not work. */
export function readStoredHash(stored: string): StoredHash | HashProblem {
  if (stored.length > MOST_STORED_CHARACTERS) return 'malformed'
  return hashFormats.find((format) => format.recognises(stored))?.read(stored) ?? 'format_unknown'
}
