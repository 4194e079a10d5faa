import type { Limit } from './rate.ts'

/** Letters of one kind to one mailbox: nobody is to be flooded with what strangers can ask for. */
export function limitsOfLetters(kind: string, emailKey: string): Limit[] {
  return [{ name: `letters: ${kind}`, subject: emailKey, rate: { count: 5, periodMilliseconds: 3_600_000 } }]
}
