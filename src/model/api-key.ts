/** A key for a program that acts for a person (rule F-7). The text itself is shown once and never kept. */
export interface ApiKey {
  readonly id: string
  /** The owner. */
  readonly userId: string
  /** What the owner calls it. */
  readonly name: string
  /** What it may do, as long as the owner's roles allow it too. */
  readonly scopes: readonly string[]
  /** Milliseconds since 1970, as are all times here. */
  readonly createdAt: number
  readonly expiresAt: number
  /** When it was last seen, give or take a minute. */
  readonly usedAt: number | undefined
  /** It was made before the database was restored to an older state: it works again once somebody has confirmed it. */
  readonly suspended: boolean
}

/** More would be a leak in a program, or somebody filling the disk. */
export const MOST_API_KEYS = 100
