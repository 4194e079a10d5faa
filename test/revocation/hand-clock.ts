import { setImmediate as breathe } from 'node:timers/promises'
import { type Clock, guardedClock } from '../../src/base/clock.ts'
import type { Schedule } from '../../src/base/schedule.ts'

interface Timer {
  readonly due: number
  readonly action: () => void
}

/** A clock that a test turns by hand, with the timers that hang on it. */
export interface HandClock {
  readonly clock: Clock
  readonly schedule: Schedule
  /** Lets time pass by both clocks; every timer runs at its moment, and what it starts gets to where it waits. */
  pass(milliseconds: number): Promise<void>
  /** Sets the wall clock, forward or back; no time passes. */
  step(milliseconds: number): void
  /** The machine sleeps: the wall clock goes on, the monotonic one stands still. */
  sleep(milliseconds: number): void
  readonly timers: number
}

const START = Date.UTC(2026, 10, 24)

export function createHandClock(): HandClock {
  let wall = START
  let elapsed = 12_345.678
  let timers: Timer[] = []
  return {
    clock: guardedClock(
      () => wall,
      () => elapsed,
    ),
    schedule(action, delayMilliseconds) {
      const timer = { due: elapsed + Math.max(0, delayMilliseconds), action }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    async pass(milliseconds) {
      const until = elapsed + milliseconds
      const turnTo = (moment: number): void => {
        wall += moment - elapsed
        elapsed = moment
      }
      for (;;) {
        await settle()
        const [next] = timers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        turnTo(Math.max(elapsed, next.due))
        next.action()
      }
      turnTo(until)
      await settle()
    },
    step(milliseconds) {
      wall += milliseconds
    },
    sleep(milliseconds) {
      wall += milliseconds
    },
    get timers() {
      return timers.length
    },
  }
}

/** Lets promises that wait for nothing outside get on. */
export async function settle(): Promise<void> {
  for (let count = 0; count < 5; count++) await breathe()
}
