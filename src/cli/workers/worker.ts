import cluster from 'node:cluster'
import type { LogLevel } from '../../base/logger.ts'
import type { Samples } from '../../telemetry/metrics.ts'
import type { Processes } from '../../telemetry/processes.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A worker's side of what ties it to the process that watches it. Without that one it ends. */
export interface WorkerLink {
  readonly processes: Processes
  serving(level: LogLevel, lines: string): void
  onStop(stop: (lingers: boolean) => void): void
  /** What it has counted, before it ends. */
  report(): void
}

export function linkWorker(count: number): WorkerLink {
  let read: (() => Samples) | undefined
  let questions = 0
  const asked = new Map<number, (samples: Samples) => void>()
  const send = (message: FromWorker) => {
    // Whoever is told nothing any more has gone, and this process with it.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  }
  const report = () => {
    const samples = read?.()
    if (samples !== undefined) send({ kind: 'counts', samples: [...samples] })
  }
  let stop: (lingers: boolean) => void = () => process.exit(0)
  // A terminal that closes tells everybody; what that means is not ours to decide.
  process.on('SIGHUP', () => undefined)
  cluster.worker?.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'stop':
        return stop(message.lingers)
      case 'report':
        return report()
      case 'summed': {
        asked.get(message.question)?.(new Map(message.samples))
        asked.delete(message.question)
      }
    }
  })
  return {
    processes: {
      count,
      share(own) {
        read = own
      },
      all() {
        report()
        questions += 1
        const question = questions
        const { promise, resolve } = Promise.withResolvers<Samples>()
        asked.set(question, resolve)
        send({ kind: 'sums', question })
        return promise
      },
    },
    serving: (level, lines) => send({ kind: 'serving', level, lines }),
    onStop(told) {
      stop = told
    },
    report,
  }
}
