import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { restAfter } from './hash-rest.ts'
import { createHashThread, type HashThread } from './hash-thread.ts'
import type { HashAnswer, HashJob } from './hash-worker.ts'
import type { PasswordVerdict } from './password-hash.ts'
import { createSlowestNo } from './slowest-no.ts'

export type { PasswordVerdict } from './password-hash.ts'

/**
 * Hashes passwords on a few threads of its own at low priority, so that a flood of sign-ins does not slow checked
 * requests (rule E10). It counts no tries: that is done before a password comes here.
 *
 * Both calls throw `HASH_QUEUE_FULL` at once where waiting would be too long, `SHUTTING_DOWN` after `close`, and
 * `INTERNAL` if the worker is lost over this password.
 */
export interface HashQueue {
  /**
   * Throws where the password of a stranger would not be taken now, before anything is looked up for it. Who is known is
   * to be looked up first.
   */
  assertRoom(): void
  /** A new hash as PHC text. Does not judge the password: `checkNewPassword` does. */
  hash(password: string): Promise<string>
  /**
   * Compares; without a stored hash (nobody has that name) it does the same work and says no. Each no takes as long as
   * the slowest: a hash made elsewhere costs something else, and would tell that the account exists. Whoever is known
   * goes first, in a queue of their own.
   */
  verify(
    password: string,
    stored: string | undefined,
    options?: { readonly isKnown?: boolean },
  ): Promise<PasswordVerdict>
  /** Takes no more, finishes what was taken, ends the threads. */
  close(): Promise<void>
  stats(): HashQueueStats
}

export interface HashQueueStats {
  readonly startedThreads: number
  readonly running: number
  readonly waiting: number
  /** Jobs answered since the start, whatever the answer. */
  readonly answered: number
  /** Jobs refused because the queue was full. */
  readonly refused: number
  /** Jobs whose worker was lost. */
  readonly lost: number
}

export interface HashQueueOptions {
  readonly clock: Clock
  /** Threads that hash at the same time; by default all cores but one, which stays with checked requests. */
  readonly workers?: number
  /**
   * Passwords that may wait for a thread; 64 for each by default. Of strangers an eighth, once there have been some
   * waiting for as long as `maxWaitMilliseconds`: a line that never ends lets nobody in who a short one would not, and
   * everybody in it waits and takes memory.
   */
  readonly maxQueued?: number
  /** The longest wait for a thread that is promised, as estimated from recent jobs; 2 s by default. */
  readonly maxWaitMilliseconds?: number
  readonly idleMilliseconds?: number
  readonly jobMilliseconds?: number
  /** How long this thread has waited for a core so far, in milliseconds; without it hashing never makes room. */
  readonly waitedForCore?: () => number
  /** Lets time pass. */
  readonly wait?: (milliseconds: number) => Promise<unknown>
  /** Another worker, for tests. */
  readonly workerUrl?: URL
}

/** The same folder holds `.ts` in a checkout and `.js` once built; the compiler rewrites no URLs. */
const WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js',
  import.meta.url,
)

const threadsOfMachine = () => Math.max(1, availableParallelism() - 1)
const QUEUED_FOR_EACH = 64
const STANDING_SHARE = 8

/** What each of several processes takes of the machine, so that together they take no more than one would. */
export function shareOfCores(processes = 1): Pick<HashQueueOptions, 'workers' | 'maxQueued'> {
  const threads = threadsOfMachine()
  return {
    workers: Math.max(1, Math.floor(threads / processes)),
    maxQueued: Math.max(1, Math.ceil((QUEUED_FOR_EACH * threads) / processes)),
  }
}

interface Waiting {
  readonly job: HashJob
  readonly resolve: (answer: Promise<HashAnswer>) => void
}

export function createHashQueue({
  clock,
  workers = threadsOfMachine(),
  maxQueued = QUEUED_FOR_EACH * workers,
  maxWaitMilliseconds = 2000,
  idleMilliseconds = 60_000,
  jobMilliseconds = 120_000,
  waitedForCore = () => 0,
  wait = sleep,
  workerUrl = WORKER_URL,
}: HashQueueOptions): HashQueue {
  if (!(workers >= 1)) throw new RangeError('workers: at least 1, or no password would ever be hashed')
  const threads = Array.from({ length: workers }, () =>
    createHashThread({ workerUrl, idleMilliseconds, jobMilliseconds }),
  )
  // The last one used is taken first, so that the others may fall idle.
  const free = [...threads]
  /** Until when strangers wait for them. */
  const resting = new Map<HashThread, NodeJS.Timeout>()
  const waiting: Waiting[] = []
  /** A flood of strangers fills the other one. */
  const known: Waiting[] = []
  /** Since when some stranger has been waiting. */
  let standingSince = Infinity
  const counts = { answered: 0, refused: 0, lost: 0 }
  let averageMilliseconds = 20
  const slowestNo = createSlowestNo()
  let closing: Promise<void> | undefined
  let drained: (() => void) | undefined

  /** Throws where a wait in the queue would be too long. */
  function enter(queue: readonly Waiting[]): void {
    if (resting.size > 0 && queue.length === 0) return
    const ahead = queue === known ? known.length : known.length + waiting.length
    const waitMilliseconds = ((ahead + 1) * averageMilliseconds) / workers
    if (queue.length >= roomIn(queue) || waitMilliseconds > maxWaitMilliseconds) {
      counts.refused++
      throw new AuthError('HASH_QUEUE_FULL', {
        retryAfterSeconds: Math.max(1, Math.ceil(waitMilliseconds / 1000)),
        details: { waiting: ahead, waitMilliseconds: Math.round(waitMilliseconds) },
      })
    }
  }

  function roomIn(queue: readonly Waiting[]): number {
    const stands = queue === waiting && clock.elapsed() - standingSince > maxWaitMilliseconds
    return stands ? Math.ceil(maxQueued / STANDING_SHARE) : maxQueued
  }

  async function submit(job: HashJob, queue = waiting): Promise<HashAnswer> {
    if (closing) throw new AuthError('SHUTTING_DOWN', { retryAfterSeconds: 1 })
    const thread = free.pop() ?? (queue === known ? wake() : undefined)
    if (thread) return runOn(thread, job)
    enter(queue)
    if (queue === waiting && waiting.length === 0) standingSince = clock.elapsed()
    return new Promise((resolve) => queue.push({ job, resolve }))
  }

  async function runOn(thread: HashThread, job: HashJob): Promise<HashAnswer> {
    let rest = 0
    try {
      const [from, waitedBefore] = [clock.elapsed(), waitedForCore()]
      const answer = await thread.run(job)
      const took = clock.elapsed() - from
      rest = restAfter({ took, waitedForCore: waitedForCore() - waitedBefore })
      averageMilliseconds += (took + rest - averageMilliseconds) / 10
      counts.answered++
      return answer
    } catch (cause) {
      counts.lost++
      throw new AuthError('INTERNAL', { details: { where: 'password hash worker' }, cause })
    } finally {
      // Nothing here may fail: a thread that is not passed on is lost for good.
      if (rest > 0 && known.length === 0 && !closing) resting.set(thread, setTimeout(passOn, rest, thread))
      else passOn(thread)
    }
  }

  function passOn(thread: HashThread): void {
    resting.delete(thread)
    const next = known.shift() ?? waiting.shift()
    if (waiting.length === 0) standingSince = Infinity
    if (next) next.resolve(runOn(thread, next.job))
    else if (free.push(thread) === threads.length) drained?.()
  }

  function wake(): HashThread | undefined {
    const [first] = resting
    if (first === undefined) return undefined
    const [thread, timer] = first
    clearTimeout(timer)
    resting.delete(thread)
    return thread
  }

  async function drainAndEnd(): Promise<void> {
    if (free.length < threads.length) {
      await new Promise<void>((resolve) => {
        drained = resolve
      })
    }
    await Promise.all(threads.map((thread) => thread.end()))
  }

  return {
    assertRoom() {
      if (free.length === 0) enter(waiting)
    },
    async hash(password) {
      const answer = await submit({ kind: 'hash', password })
      if (answer.kind !== 'hash') throw unexpected(answer)
      return answer.hash
    },
    async verify(password, stored, { isKnown = false } = {}) {
      const answer = await submit({ kind: 'verify', password, stored }, isKnown ? known : waiting)
      if (answer.kind !== 'verify') throw unexpected(answer)
      const early = slowestNo.earlyBy(answer)
      if (early > 0) await wait(early)
      return answer.verdict
    },
    close() {
      closing ??= drainAndEnd()
      return closing
    },
    stats: () => ({
      ...counts,
      startedThreads: threads.filter((thread) => thread.isStarted()).length,
      running: threads.length - free.length - resting.size,
      waiting: waiting.length + known.length,
    }),
  }
}

function unexpected(answer: HashAnswer): AuthError {
  const errorName = answer.kind === 'failed' ? answer.errorName : answer.kind
  return new AuthError('INTERNAL', { details: { where: 'password hash worker', errorName } })
}
