import { setImmediate as breathe } from 'node:timers/promises'
import type { Clock, ClocksRead, Moment } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { Cause } from '../errors/codes.ts'
import type { HintVerbs } from '../store/hints.ts'
import type { RevocationCensus } from '../store/revocations.ts'
import { createFreshness } from './freshness.ts'
import { coalesce, listenToHints } from './hints.ts'
import { createQuestions } from './questions.ts'
import { createSingleFlight } from './single-flight.ts'
import type { RevocationAnswer, RevocationSource } from './source.ts'
import type { RevocableToken, RevocationState } from './state.ts'
import { createStoreClock } from './store-clock.ts'
import { writeBack } from './write-back.ts'

export interface RevocationFeedOptions {
  /** The database's verbs, or `httpRevocations`. */
  readonly revocations: RevocationSource
  readonly state: RevocationState
  readonly clock: Clock
  readonly logger?: Logger
  readonly hints?: readonly HintVerbs[]
  /** How old the knowledge may be that a request is judged by. */
  readonly maxStalenessMilliseconds?: number
  /** Past that: refuse with 503 (strict), or go on with what is known. */
  readonly strict?: boolean
  /** Between two regular questions. */
  readonly intervalMilliseconds?: number
  readonly censusIntervalMilliseconds?: number
  /** For the answer to a question about what is new. */
  readonly timeLimitMilliseconds?: number
  /** The window of refresh: for twice that long after a step of a clock, `clockUnsure` says so. */
  readonly reuseWindowMilliseconds?: number
  readonly schedule?: Schedule
  /** Told of every answer once its entries are in memory. Failures are logged. */
  readonly onPull?: (answer: PullFacts) => void | Promise<void>
}

/** What an answer says beside its entries. */
export type PullFacts = Omit<RevocationAnswer, 'entries'> & { readonly entries: number }

interface Taken {
  readonly asked: Moment
  readonly facts: PullFacts
  /** The answer is from another database than the one before it, or from an older state of it. */
  readonly isAnother: boolean
}

export interface RevocationFeed {
  /** Learns everything live, then goes on asking. Rejects if the source does not answer; may be called again then. */
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * Why a genuine token is refused here and now: it has ended, it claims a longer life than entries are kept for, or
   * the knowledge is too old to say. Synchronous, and judged by the clocks at this very call.
   */
  readonly refuses: (token: RevocableToken, kid?: string, read?: ClocksRead) => Cause | undefined
  /**
   * To be awaited between a change that may revoke something and the answer that says so: then the very next request
   * here is refused. Never rejects, for the change is on disk and its answer is a success. If the database cannot be
   * asked any more, this process knows that it lacks something: in strict mode it refuses every request with 503, at
   * once and not only past the bound, until the database has answered.
   */
  readonly changed: () => Promise<void>
  /** Asks now; resolves when an answer to a question asked from now on is in memory, rejects if there was none. */
  readonly pullNow: () => Promise<void>
  /** Whether requests are refused for lack of fresh knowledge. */
  readonly isStale: (read?: ClocksRead) => boolean
  /** Milliseconds; infinite before the first answer. */
  readonly age: () => number
  /** Calls the listener whenever an answer brings entries; answers with the way to end that. */
  readonly onNews: (listener: () => void) => () => void
  readonly clockUnsure: () => boolean
  /** The database has shown to have lost commits: asks for everything soon, and gives back what it lacks. */
  readonly storeFellBack: () => void
  /** The store's time as far as known. Milliseconds since 1970. */
  readonly storeNow: () => number | undefined
  readonly storeEpoch: () => number
  /** Whether a way of hints is known to work: if none is, the regular question is all there is. */
  readonly pushWorks: () => boolean
}

const SLICE = 5000
/** Between two questions to a source that waits by itself, while there is news. */
const NEWS_SPACING_MILLISECONDS = 100
const FIRST_RETRY_MILLISECONDS = 100
const LONGEST_RETRY_MILLISECONDS = 2000

const nothing = (): void => undefined

/** For an answer with everything live in it. */
const COMPLETE_LIMIT_MILLISECONDS = 10_000

/**
 * Keeps the revocations in memory up to date. The database is the truth and is asked what is new every two seconds;
 * hints only make that question come sooner (PROTOCOL 2).
 */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { revocations: source, state, clock, logger = silentLogger, hints = [], onPull } = options
  const { maxStalenessMilliseconds = 5000, strict = true, intervalMilliseconds = 2000 } = options
  const { censusIntervalMilliseconds = 60_000, schedule = backgroundTimer } = options
  const limits = {
    newMilliseconds: options.timeLimitMilliseconds ?? 2000,
    completeMilliseconds: COMPLETE_LIMIT_MILLISECONDS,
  }
  const ask = createQuestions(source, limits, clock, schedule)
  const freshness = createFreshness(clock)
  const storeClock = createStoreClock(clock, options.reuseWindowMilliseconds ?? 10_000)

  /** Of the last answer; its entries are in memory and nowhere else. */
  let known: PullFacts | undefined
  const newsListeners = new Set<() => void>()
  /** Ask for everything: at the start, and after whatever casts doubt on what was said before. */
  let completeDue = true
  let censusDue = 0
  let failures = 0
  let running = false
  let stops = 0
  let cancelNext = (): void => undefined
  let endHints = async (): Promise<void> => undefined
  let writingBack = false
  let overfull = false

  const pull = createSingleFlight(async () => {
    const began = clock.elapsed()
    try {
      await learn()
    } catch (error) {
      // Whatever the failure was, behind it may be another server than before.
      completeDue = true
      failures++
      if (failures === 1) logger.warn({ err: error }, 'the source of revocations does not answer')
      planNext(Math.min(LONGEST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** (failures - 1)))
      throw error
    }
    if (failures > 0) logger.info({ failures }, 'the source of revocations answers again')
    failures = 0
    const spacing =
      source.waits === true && known?.entries !== 0 ? NEWS_SPACING_MILLISECONDS : intervalMilliseconds
    planNext(Math.max(0, began + spacing - clock.elapsed()))
  })
  const pullQuietly = (): void => void pull().catch(nothing)
  const hint = coalesce(pullQuietly, clock, schedule)

  const planNext = (delayMilliseconds: number): void => {
    cancelNext()
    if (running) cancelNext = schedule(pullQuietly, delayMilliseconds)
  }

  /** What is new, and everything if the answer shows that something is missing. Only then is the knowledge fresh. */
  const learn = async (): Promise<void> => {
    const censusIsDue = !completeDue && clock.elapsed() >= censusDue
    let { asked, facts, isAnother } = await take(censusIsDue)
    if (!facts.complete && (isAnother || (censusIsDue && differs(facts.census)))) {
      completeDue = true
      ;({ asked, facts } = await take(false))
    }
    if (censusIsDue || facts.complete) censusDue = clock.elapsed() + censusIntervalMilliseconds
    freshness.prove(asked, facts.ageMilliseconds)
    void tell(facts)
  }

  /** One question, and its answer taken into memory. */
  const take = async (census: boolean): Promise<Taken> => {
    const cursor = completeDue ? undefined : known?.cursor
    completeDue = false
    const { asked, answer } = await ask(cursor, census)
    const step = answer.now === undefined ? undefined : storeClock.observe(asked, answer.now)
    if (step !== undefined) logger.warn({ stepMilliseconds: Math.round(step) }, 'a clock was set')
    if (answer.complete) state.forgetSaid()
    for (let at = 0; at < answer.entries.length; at += SLICE) {
      if (at > 0) await breathe()
      state.add(answer.entries.slice(at, at + SLICE), answer.now)
    }
    state.sweep()
    warnIfOverfull()
    const isAnother =
      known !== undefined && (answer.identity !== known.identity || answer.storeEpoch < known.storeEpoch)
    if (isAnother)
      logger.warn({ identity: answer.identity }, 'the database is another one, or an older state of it')
    if (answer.complete && known !== undefined) void giveBack()
    known = { ...answer, entries: answer.entries.length }
    return { asked, facts: known, isAnother }
  }

  /** A source that takes no census is asked for everything each time. */
  const differs = (census: RevocationCensus | undefined): boolean => {
    if (census === undefined) return true
    if (state.isOverfull) return false
    const own = state.census(census.fromSeconds)
    if (own.count === census.count && own.sum === census.sum) return false
    logger.error({ own: own.count, database: census.count }, 'revocations differ from those of the database')
    return true
  }

  const giveBack = async (): Promise<void> => {
    if (writingBack) return
    writingBack = true
    try {
      if (await writeBack(source, state, logger)) completeDue = true
    } catch (error) {
      completeDue = true
      logger.warn({ err: error }, 'revocations could not be written back to the database')
    } finally {
      writingBack = false
    }
  }

  const warnIfOverfull = (): void => {
    if (state.isOverfull && !overfull) {
      logger.error(
        { entries: state.size },
        'more revocations than fit: some credentials are refused by mistake',
      )
    }
    overfull = state.isOverfull
  }

  const tell = async (facts: PullFacts): Promise<void> => {
    if (facts.entries > 0) for (const listener of [...newsListeners]) listener()
    try {
      await onPull?.(facts)
    } catch (error) {
      logger.error({ err: error }, 'what follows an answer about revocations failed')
    }
  }

  const isStale = (read?: ClocksRead): boolean => {
    const age = freshness.age(read)
    if (age === Number.POSITIVE_INFINITY) return true
    const late = age > maxStalenessMilliseconds
    // Without a failure it is a process that slept, or a clock that was set: no reason to wait for the next regular one.
    if (late && running && failures === 0) hint()
    return strict && (late || freshness.isDoubtful())
  }

  return {
    async start() {
      if (running) return
      const stopsBefore = stops
      await pull()
      if (running || stops !== stopsBefore) return
      running = true
      endHints = listenToHints(hints, hint, { logger, schedule })
      planNext(intervalMilliseconds)
    },
    async stop() {
      stops += 1
      running = false
      cancelNext()
      await endHints()
    },
    refuses(token, kid, read) {
      const cause = state.refuses(token, kid)
      if (cause !== undefined) return cause
      if (isStale(read)) return 'REVOCATION_STALE'
      const { exp, iat } = token.claims
      return exp - iat > (known?.coveredLifeSeconds ?? 0) ? 'TOKEN_LIFE_TOO_LONG' : undefined
    },
    async changed() {
      for (const way of hints) way.send()
      await pull().catch(freshness.doubt)
    },
    pullNow: pull,
    isStale,
    age: freshness.age,
    onNews(listener) {
      newsListeners.add(listener)
      return () => void newsListeners.delete(listener)
    },
    clockUnsure: storeClock.isUnsure,
    storeFellBack() {
      completeDue = true
      hint()
    },
    storeNow: storeClock.now,
    storeEpoch: () => known?.storeEpoch ?? 0,
    pushWorks: () => hints.some((way) => way.working),
  }
}
