/** What is known of one revocation: where it has arrived. */
export interface Noted {
  readonly ref: string
  /** When it was committed. */
  readonly at: number
}

export interface Delays {
  readonly noted: readonly Noted[]
  /** Arrivals that have not taken place. */
  readonly missing: number
  /** What it takes of the memory that is measured. */
  readonly bytes: number
  commit(ref: string, at: number): void
  /** The first time that it is in the memory of a verifier; what is not of this run is left out. */
  arrive(ref: string, verifier: number, now: number): void
  /** Milliseconds that so large a share of all arrivals took at most. */
  at(share: number): number
}

export function createDelays(verifiers: number, most: number): Delays {
  const noted: Noted[] = []
  const places = new Map<string, number>()
  /** By revocation and verifier; not a number where it has not arrived. */
  const delays = new Float32Array(verifiers * most).fill(Number.NaN)
  let arrivals = 0
  let sorted: Float32Array | undefined

  return {
    noted,
    get missing() {
      return noted.length * verifiers - arrivals
    },
    bytes: delays.byteLength,
    commit(ref, at) {
      if (noted.length >= most) throw new RangeError('more revocations than were allowed for')
      places.set(ref, noted.length)
      noted.push({ ref, at })
    },
    arrive(ref, verifier, now) {
      const place = places.get(ref)
      if (place === undefined) return
      const index = place * verifiers + verifier
      if (!Number.isNaN(delays[index])) return
      delays[index] = now - (noted[place]?.at ?? now)
      arrivals += 1
      sorted = undefined
    },
    at(share) {
      sorted ??= delays.filter((delay) => !Number.isNaN(delay)).sort()
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    },
  }
}
