import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { hashPassword, isCurrentHash, type PasswordVerdict, verifyPassword } from './password-hash.ts'

export type HashJob =
  | { readonly kind: 'hash'; readonly password: string }
  | { readonly kind: 'verify'; readonly password: string; readonly stored: string | undefined }

export type HashAnswer =
  | { readonly kind: 'hash'; readonly hash: string }
  | {
      readonly kind: 'verify'
      readonly verdict: PasswordVerdict
      /** How long the thread was at it. */
      readonly milliseconds: number
      /** The stored hash was made elsewhere, or by another release, and has a price of its own. */
      readonly isForeign: boolean
    }
  /** The class of the error alone: a message of a library might quote what it was given. */
  | { readonly kind: 'failed'; readonly errorName: string }

/** A checked request is answered before a password is hashed (rule E10). */
const LOW_PRIORITY = 10

// On Linux a priority belongs to a thread, elsewhere to the whole process, which must not be lowered.
if (process.platform === 'linux') {
  try {
    if (getPriority() < LOW_PRIORITY) setPriority(LOW_PRIORITY)
  } catch {
    // A sandbox may forbid it. Hashing at normal priority is slower for others, not wrong.
  }
}

// The synchronous calls, on purpose: the asynchronous ones would go to the thread pool that everybody shares.
function answer(job: HashJob): HashAnswer {
  try {
    return job.kind === 'hash' ? { kind: 'hash', hash: hashPassword(job.password) } : verify(job)
  } catch (error) {
    return { kind: 'failed', errorName: error instanceof Error ? error.name : typeof error }
  }
}

function verify({ password, stored }: Extract<HashJob, { kind: 'verify' }>): HashAnswer {
  const began = performance.now()
  const verdict = verifyPassword(password, stored)
  const isForeign = stored !== undefined && !isCurrentHash(stored)
  return { kind: 'verify', verdict, milliseconds: performance.now() - began, isForeign }
}

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(answer(job)))
