import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, silentLogger } from '../../base/logger.ts'
import { createLogger } from '../../server/log.ts'
import { createMetricSums } from '../../telemetry/processes.ts'
import { print } from '../output.ts'
import { type FromWorker, type ToWorker, WORKER_VARIABLE } from './messages.ts'
import { planRestart } from './restart-delay.ts'

/** One of the places for a worker; who holds it changes. */
interface Place {
  readonly number: number
  worker: Worker | undefined
  /** Settles when the one that is on its way to it serves, or does not; undefined where none is. */
  starting: Promise<unknown> | undefined
  failures: number
}

type Served = Extract<FromWorker, { kind: 'serving' }>

/** Longer than a worker takes that lets its last connections go by themselves; then it is ended. */
const PATIENCE_MILLISECONDS = 30_000
const LAST_MOMENT_MILLISECONDS = 9500
/** A worker that is busy with something else is counted by what it said before. */
const REPORT_MILLISECONDS = 1000

/**
 * Serves by several processes that share one port. One that falls is replaced, ever later if it falls again; SIGHUP
 * replaces one after the other, the new one first, so that nobody is refused; SIGTERM and SIGINT end all. Resolves when
 * the first attempt of each has come to something; where the very first worker cannot serve, the program ends as it did.
 */
export async function superviseWorkers(count: number): Promise<void> {
  const sums = createMetricSums()
  const places: Place[] = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    worker: undefined,
    starting: undefined,
    failures: 0,
  }))
  let logger: Logger = silentLogger
  let stopping = false
  let failed = 0

  /** Undefined where it fails at once, as for want of memory; for want of processes it says so a moment later. */
  function fork(place: Place): Worker | undefined {
    try {
      return cluster.fork({ [WORKER_VARIABLE]: String(place.number) })
    } catch (error) {
      cannotBeMade(place, error)
      return undefined
    }
  }

  function cannotBeMade({ number }: Place, error: unknown): void {
    if (logger === silentLogger) process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    logger.error({ worker: number, err: error }, 'a worker cannot be made')
  }

  /** A new worker in this place, once it serves. Rejects with its exit status if it never does. */
  function start(place: Place): Promise<Served> {
    const worker = fork(place)
    if (worker === undefined) return Promise.reject(1)
    const began = performance.now()
    const { promise, resolve, reject } = Promise.withResolvers<Served>()
    place.starting = promise
    const hasStarted = (): void => {
      if (place.starting === promise) place.starting = undefined
    }
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'counts') sums.note(worker.id, message.samples)
      else if (message.kind === 'sums') void answerSums(worker, message.question)
      else {
        place.worker = worker
        hasStarted()
        resolve(message)
        if (logger === silentLogger) logger = createLogger(message.level)
        logger.info({ worker: place.number, pid: worker.process.pid }, 'a worker serves')
      }
    })
    worker.once('exit', (status: number | null, signal: string | null) => {
      sums.end(worker.id)
      if (status !== 0) failed += 1
      hasStarted()
      reject(status ?? 1)
      // Whoever was let go has a successor in its place already.
      if (place.worker !== worker || stopping) return
      place.worker = undefined
      logger.error({ worker: place.number, pid: worker.process.pid, status, signal }, 'a worker has ended')
      void replace(place, performance.now() - began)
    })
    // Where the machine has no room for another process there is none that could exit, and the others must go on.
    worker.on('error', (error) => {
      cannotBeMade(place, error)
      hasStarted()
      reject(1)
    })
    return promise
  }

  async function replace(place: Place, livedMilliseconds: number): Promise<void> {
    const { failures, delayMilliseconds } = planRestart(place.failures, livedMilliseconds)
    place.failures = failures
    await sleep(delayMilliseconds)
    if (stopping || place.starting !== undefined || place.worker !== undefined) return
    await start(place).catch(async () => {
      if (!stopping) await replace(place, 0)
    })
  }

  async function letGo(worker: Worker, lingers: boolean): Promise<void> {
    if (worker.isDead()) return
    const ended = once(worker, 'exit')
    const late = setTimeout(() => worker.process.kill('SIGKILL'), PATIENCE_MILLISECONDS)
    tell(worker, { kind: 'stop', lingers })
    await ended
    clearTimeout(late)
  }

  async function answerSums(worker: Worker, question: number): Promise<void> {
    const others = workers().filter((one) => one !== worker && one.isConnected())
    const reported = others.map(counted)
    for (const one of others) tell(one, { kind: 'report' })
    const controller = new AbortController()
    const late = sleep(REPORT_MILLISECONDS, undefined, { signal: controller.signal }).catch(() => undefined)
    await Promise.race([Promise.all(reported), late])
    controller.abort()
    tell(worker, { kind: 'summed', question, samples: [...sums.total()] })
  }

  /** One after the other, the new one first. False where one does not serve, or all are to stop. */
  async function replaceAll(): Promise<boolean> {
    for (const place of places) {
      // Of one that fell the successor may be on its way, and may have read the former configuration: two at once would
      // both stay.
      await place.starting?.catch(() => undefined)
      if (stopping) return false
      const former = place.worker
      const serves = await start(place).then(
        () => true,
        () => false,
      )
      if (stopping) return false
      if (!serves) {
        logger.error({ worker: place.number }, 'the new worker does not serve; the others stay as they are')
        if (place.worker === undefined) void replace(place, 0)
        return false
      }
      if (former !== undefined) await letGo(former, true)
    }
    return true
  }

  // While the first ones are on their way nobody is replaced: that comes next.
  let rolling = true
  let again = false
  async function askToRoll(): Promise<void> {
    again = true
    logger.info({}, 'the workers are to be replaced')
    if (!rolling) await roll()
  }

  async function roll(): Promise<void> {
    rolling = true
    while (again && !stopping) {
      again = false
      if (await replaceAll()) logger.info({}, 'the workers were replaced')
    }
    rolling = false
  }

  async function stop(signal: string): Promise<void> {
    if (stopping) return
    stopping = true
    failed = 0
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(0), LAST_MOMENT_MILLISECONDS).unref()
    await Promise.all(workers().map((worker) => letGo(worker, false)))
    process.exit(failed === 0 ? 0 : 1)
  }

  const [first, ...others] = places
  if (first === undefined) return
  process.on('SIGTERM', stop).on('SIGINT', stop)
  // A terminal that is closed says so by the same signal.
  process.on('SIGHUP', (signal) => void (process.stdin.isTTY ? stop(signal) : askToRoll()))
  const served = await start(first).catch((status: number) => {
    process.exitCode = status
    return undefined
  })
  if (served === undefined || stopping) return
  await Promise.all(others.map((place) => start(place).catch(() => void replace(place, 0))))
  if (served.lines !== '') print(`${served.lines}\n  workers   ${count}`)
  logger.info({ workers: count }, 'serving')
  await roll()
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
}

/** Once it has said its numbers, or has ended. */
function counted(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      worker.off('message', hear).off('exit', done)
      resolve()
    }
    const hear = ({ kind }: FromWorker) => kind === 'counts' && done()
    worker.on('message', hear).once('exit', done)
  })
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined)
}
