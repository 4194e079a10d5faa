/** `BENCH_TINY` shows that a bench works; its figures are none. */
const TINY = process.env.BENCH_TINY !== undefined

/** How often each contender has its turn. */
export const ROUNDS = TINY ? 1 : 3

/** The times and counts of a round, each a twentieth where the bench is tiny. */
export function round<Amounts extends Readonly<Record<string, number>>>(amounts: Amounts): Amounts {
  if (!TINY) return amounts
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount / 20])) as Amounts
}
