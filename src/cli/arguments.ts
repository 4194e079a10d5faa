import { InvalidArgumentError } from 'commander'

/** Reads the count of an option. What is none is a mistake in the command, with status 2 like an unknown option. */
export function countUpTo(most: number, least = 1): (text: string) => number {
  return (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : -1
    if (count >= least && count <= most) return count
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
  }
}
