/** What a refresh came to, as its caller sees it. */
export type Outcome =
  | { readonly status: 200; readonly generation: number }
  /** Refused for good. */
  | { readonly status: 400 }
  /** To be tried again. */
  | { readonly status: 503 }

export interface Limits {
  readonly windowMilliseconds: number
  readonly idleMilliseconds: number
  readonly lifeMilliseconds: number
  /** What reuse ends. */
  readonly onReuse: 'session' | 'user'
}

export interface Presented {
  readonly generation: number
  /** The Idempotency-Key, as the client stored it. */
  readonly key: string | undefined
}

/** What a clock that was set may do to a verdict: nothing, forgive, or forgive for certain. */
export type Forgiveness = 'none' | 'may' | 'must'

const MOST_AHEAD = 4

/**
 * One session as the promise words it, written without a look at the product: every generation has the moment it was
 * passed, for as long as there is memory. The product keeps two marks instead, so between one and two windows it may
 * say either; everywhere else there is one answer.
 */
export class SessionOracle {
  generation = 0
  ended = false
  private turnedAt: number
  private idleAt: number
  private readonly endsAt: number
  /** By generation: when it was passed, and with which key. */
  private passed: { readonly at: number; readonly key: string | undefined }[] = []

  private readonly limits: Limits

  constructor(limits: Limits, now: number) {
    this.limits = limits
    this.turnedAt = now
    this.endsAt = now + limits.lifeMilliseconds
    this.idleAt = Math.min(now + limits.idleMilliseconds, this.endsAt)
  }

  /** All that may happen. */
  expect(presented: Presented, now: number, forgiveness: Forgiveness): Outcome[] {
    const { generation: p, key } = presented
    const window = this.limits.windowMilliseconds
    const refused: Outcome[] = [{ status: 400 }]
    if (this.ended || now >= this.idleAt || now >= this.endsAt) return refused
    if (p > this.generation + MOST_AHEAD) return [{ status: 503 }]
    if (p >= this.generation) return [{ status: 200, generation: p + 1 }]

    const current: Outcome[] = [{ status: 200, generation: this.generation }]
    const either = [...current, ...refused]
    const last = this.passed[p]
    const age = last === undefined ? Number.POSITIVE_INFINITY : Math.max(now, this.turnedAt) - last.at
    const isDirect = p === this.generation - 1
    if (age < window) return current
    if (isDirect && key !== undefined && key === last?.key) return current
    if (forgiveness === 'must' && isDirect && window > 0) return current
    if (forgiveness !== 'none' && window > 0) return either
    if (!isDirect && age < 2 * window) return either
    return refused
  }

  /** Takes note of what happened, which was one of the things that may. */
  settle(presented: Presented, now: number, outcome: Outcome): void {
    const { generation: p, key } = presented
    if (outcome.status === 503) return
    if (outcome.status === 400) {
      // Past its limits a session is refused, and nobody ends it.
      if (now < this.idleAt && now < this.endsAt) this.ended = true
      return
    }
    const asOf = Math.max(now, this.turnedAt)
    if (outcome.generation > this.generation) {
      for (let passed = this.generation; passed <= p; passed++) this.passed[passed] = { at: asOf, key }
      this.generation = outcome.generation
      this.turnedAt = asOf
      this.idleAt = Math.min(asOf + this.limits.idleMilliseconds, this.endsAt)
      return
    }
    const last = this.passed[p]
    const isLate = last !== undefined && asOf - last.at >= this.limits.windowMilliseconds
    if (p === this.generation - 1 && isLate && key !== undefined && key === last.key) {
      this.passed[p] = { at: asOf, key }
      this.turnedAt = asOf
    }
  }

  copy(): SessionOracle {
    const copy = new SessionOracle(this.limits, 0)
    return Object.assign(copy, this, { passed: [...this.passed] })
  }
}
