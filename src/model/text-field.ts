import { z } from 'zod'

/** Text of a limited length, with a message that says so and never repeats the text. */
export function text(most: number, least = 1) {
  return z
    .string({ error: whyNoText })
    .min(least, least === 1 ? 'Must not be empty.' : `At least ${least} characters.`)
    .max(most, `At most ${most} characters.`)
    .refine((value) => !hasControlCharacter(value), 'Must not hold control characters.')
}

/** What is wrong with what is no text. */
export function whyNoText({ input }: { readonly input?: unknown }): string {
  return input === undefined ? 'Is missing.' : 'Must be a text.'
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value) || !value.isWellFormed()
}
