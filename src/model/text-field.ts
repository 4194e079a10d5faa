import { z } from 'zod'

/** Text of a limited length, with a message that says so and never repeats the text. */
export function text(most: number, least = 1) {
  return z
    .string('Must be a text.')
    .min(least, least === 1 ? 'Must not be empty.' : `At least ${least} characters.`)
    .max(most, `At most ${most} characters.`)
    .refine((value) => !hasControlCharacter(value), 'Must not hold control characters.')
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value) || !value.isWellFormed()
}
