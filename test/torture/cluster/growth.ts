import type { Holdings } from '../nodes/holdings.ts'
import { slopeOf } from '../slope.ts'
import type { Ledger } from '../torture.ts'

/** Fewer looks tell nothing. */
const LEAST_LOOKS = 6
/** The first part fills what is bounded, and compiles. */
const WARM_UP_SHARE = 1 / 3
/** What two looks at the same memory differ by, under work. */
const NOISE_BYTES = 4 * 2 ** 20
/** Connections come and go while one counts. */
const NOISE_OPEN = 40

/** Looks at processes that live through many cycles, and judges whether they grew. */
export interface Growth {
  add(looks: readonly Holdings[]): void
  judge(ledger: Ledger): void
}

export function createGrowth(): Growth {
  const ofProcess = new Map<number, Holdings[]>()
  return {
    add(looks) {
      for (const look of looks) ofProcess.set(look.pid, [...(ofProcess.get(look.pid) ?? []), look])
    },
    judge(ledger) {
      for (const [pid, all] of ofProcess) {
        const looks = all.slice(Math.floor(all.length * WARM_UP_SHARE))
        if (looks.length < LEAST_LOOKS) continue
        const heap = looks.map(({ heapBytes }) => heapBytes)
        const grown = slopeOf(heap.map((bytes, index) => [index, bytes])) * (heap.length - 1)
        ledger.noteLargest('KiB grown', grown / 1024)
        if (grown > NOISE_BYTES)
          ledger.violation(
            `process ${pid} grew: ${heap.map((bytes) => Math.round(bytes / 1024)).join(' ')} KiB`,
          )
        const open = looks.map((look) => look.open ?? 0)
        const opened = slopeOf(open.map((count, index) => [index, count])) * (open.length - 1)
        ledger.noteLargest('files and connections more', opened)
        if (opened > NOISE_OPEN) ledger.violation(`process ${pid} opens more and more: ${open.join(' ')}`)
      }
    },
  }
}
