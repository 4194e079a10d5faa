import { setImmediate as breathe } from 'node:timers/promises'
import { type Clock, guardedClock } from '../../src/base/clock.ts'
import type { Schedule } from '../../src/base/schedule.ts'

interface Timer {
  readonly due: number
  /** Timers that are due at the same moment run in the order in which they were set. */
  readonly number: number
  readonly action: () => void
  cancelled: boolean
}

/** Time that passes as fast as the work in it gets done. Made for a hundred thousand timers. */
export interface VirtualTime {
  readonly clock: Clock
  readonly schedule: Schedule
  /** Milliseconds since the beginning. */
  now(): number
  /** Resolves when so much time has passed. */
  wait(milliseconds: number): Promise<void>
  /** Runs until then; what is due later stays. */
  runUntil(milliseconds: number): Promise<void>
}

/** Two things that happen less than a tenth of a millisecond apart happen together. */
const TICKS_A_MILLISECOND = 10
const START = Date.UTC(2026, 10, 26)

export function createVirtualTime(): VirtualTime {
  const heap: Timer[] = []
  let now = 0
  let timers = 0

  const schedule: Schedule = (action, delayMilliseconds) => {
    const due =
      Math.ceil((now + Math.max(0, delayMilliseconds)) * TICKS_A_MILLISECOND - 1e-6) / TICKS_A_MILLISECOND
    const timer = { due, number: timers++, action, cancelled: false }
    push(heap, timer)
    return () => {
      timer.cancelled = true
    }
  }

  return {
    clock: guardedClock(
      () => START + now,
      () => now,
    ),
    schedule,
    now: () => now,
    wait: (milliseconds) => new Promise((resolve) => void schedule(resolve, milliseconds)),
    async runUntil(until) {
      for (;;) {
        const due = heap[0]?.due
        if (due === undefined || due > until) break
        now = due
        while (heap[0] !== undefined && heap[0].due <= now) {
          const timer = pop(heap)
          if (!timer.cancelled) timer.action()
        }
        // Promises that wait for nothing outside get on to where they wait for time.
        await breathe()
      }
      now = until
    },
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.due === other.due ? one.number < other.number : one.due < other.due
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length
  heap.push(timer)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent] as Timer
    if (!isBefore(timer, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = timer
}

function pop(heap: Timer[]): Timer {
  const first = heap[0] as Timer
  const last = heap.pop() as Timer
  if (heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child += 1
    if (!isBefore(heap[child] as Timer, last)) break
    heap[at] = heap[child] as Timer
    at = child
  }
  heap[at] = last
  return first
}
