import { Worker } from 'node:worker_threads'
import type { HashAnswer, HashJob } from './hash-worker.ts'

/** One place where a password is hashed at a time. Its worker starts with the first job and ends when long idle. */
export interface HashThread {
  /** One job at a time: the caller waits for its answer. Rejects if the worker is lost over it. */
  run(job: HashJob): Promise<HashAnswer>
  isStarted(): boolean
  end(): Promise<void>
}

export interface HashThreadOptions {
  readonly workerUrl: URL
  /** An idle worker holds about 6 MB and is back in 40 ms. */
  readonly idleMilliseconds: number
  /**
   * Many times the dearest hash that is read, for at low priority a machine with more to do than it can gives the worker a
   * hundredth of a core: past it the worker hangs.
   */
  readonly jobMilliseconds: number
}

interface Current {
  readonly resolve: (answer: HashAnswer) => void
  readonly reject: (error: Error) => void
  readonly limit: NodeJS.Timeout
}

/** Of the environment no more than this: with it a worker starts in half the time. */
function whereCompiledCodeIs(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE } = process.env
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }
}

export function createHashThread({
  workerUrl,
  idleMilliseconds,
  jobMilliseconds,
}: HashThreadOptions): HashThread {
  let worker: Worker | undefined
  let current: Current | undefined
  let idle: NodeJS.Timeout | undefined

  function settle(): Current | undefined {
    const settled = current
    current = undefined
    clearTimeout(settled?.limit)
    return settled
  }

  /** The worker is gone or given up. Whatever it still says is not heard; the next job starts another. */
  function lose(lost: Worker, why: Error): void {
    if (lost !== worker) return
    worker = undefined
    lost.unref()
    settle()?.reject(why)
  }

  function start(): Worker {
    // Neither the environment (secrets) nor the loaders and instruments of the application belong in it.
    const options = { name: 'password hash', env: whereCompiledCodeIs(), execArgv: [] }
    const started = new Worker(workerUrl, options)
    started.on('message', (answer: HashAnswer) => {
      if (started !== worker) return
      started.unref()
      idle = setTimeout(end, idleMilliseconds).unref()
      settle()?.resolve(answer)
    })
    started.on('error', (error) => lose(started, error))
    started.on('exit', (status) => lose(started, new Error(`The worker ended with status ${status}`)))
    return started
  }

  async function end(): Promise<void> {
    clearTimeout(idle)
    const ended = worker
    if (ended === undefined) return
    lose(ended, new Error('The worker was ended'))
    await ended.terminate()
  }

  return {
    async run(job) {
      clearTimeout(idle)
      worker ??= start()
      const running = worker
      // Only while it works does it keep the process alive: a command that has its hash can exit.
      running.ref()
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          lose(running, new Error(`The worker gave no answer for ${jobMilliseconds} ms`))
          void running.terminate()
        }, jobMilliseconds)
        current = { resolve, reject, limit }
        running.postMessage(job)
      })
    },
    isStarted: () => worker !== undefined,
    end,
  }
}
