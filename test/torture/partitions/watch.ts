import { setTimeout as pause } from 'node:timers/promises'
import { signedIn } from '../../../src/index.ts'
import type { TestIssuer } from '../../flows/issuer.ts'

const EVERY_MILLISECONDS = 20

/** One look at a door: when it was asked, when it had answered, and what it said. */
export interface Look {
  /** By the monotonic clock of this process. Milliseconds. */
  readonly at: number
  readonly until: number
  readonly status: number
  readonly retryAfter: string | null
}

/** Goes on asking whether a token opens a door that needs no database. */
export interface DoorWatch {
  readonly looks: readonly Look[]
  /** Resolves to the first look from now on that says this; undefined if none does in time. */
  until(status: number, milliseconds: number): Promise<Look | undefined>
  end(): Promise<void>
}

export function watchDoor({ auth }: TestIssuer, token: string): DoorWatch {
  const looks: Look[] = []
  let ended = false
  const look = async (): Promise<void> => {
    const at = performance.now()
    const request = new Request('http://127.0.0.1/orders', { headers: { authorization: `Bearer ${token}` } })
    const checked = await auth.check(request, signedIn)
    const response = checked.ok ? undefined : checked.response
    looks.push({
      at,
      until: performance.now(),
      status: response?.status ?? 200,
      retryAfter: response?.headers.get('retry-after') ?? null,
    })
  }
  const watching = (async () => {
    while (!ended) {
      await look()
      await pause(EVERY_MILLISECONDS)
    }
  })()
  return {
    looks,
    async until(status, milliseconds) {
      const from = performance.now()
      const found = () => looks.find((one) => one.at >= from && one.status === status)
      while (found() === undefined && performance.now() - from < milliseconds) await pause(EVERY_MILLISECONDS)
      return found()
    },
    async end() {
      ended = true
      await watching
    },
  }
}
