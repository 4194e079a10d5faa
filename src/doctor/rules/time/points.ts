/** Later than this is no date but milliseconds (the year 5138). */
export const YEAR_5138 = 1e11

/** Earlier than this is no date but a duration. */
export const TEN_YEARS = 315_360_000
