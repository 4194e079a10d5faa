import { HOUR_MILLISECONDS } from '../base/duration.ts'
import { placeOf } from '../base/network.ts'
import type { Limit } from './rate.ts'

/** Letters of one kind to one mailbox: nobody is to be flooded with what strangers can ask for. */
export function limitsOfLetters(kind: string, emailKey: string): Limit[] {
  return [
    {
      name: `letters: ${kind}`,
      subject: emailKey,
      rate: { count: 5, periodMilliseconds: HOUR_MILLISECONDS },
    },
  ]
}

/**
 * Registrations of one address that wait for its letter. Few from one place, more from all: a stranger who uses up his own
 * does not keep the owner from getting hers.
 */
export function limitsOfRegistrations(emailKey: string, address: string | undefined): Limit[] {
  const from = `${emailKey} ${placeOf(address) ?? ''}`
  return [
    {
      name: 'registrations from a place',
      subject: from,
      rate: { count: 5, periodMilliseconds: HOUR_MILLISECONDS },
    },
    { name: 'registrations', subject: emailKey, rate: { count: 20, periodMilliseconds: HOUR_MILLISECONDS } },
  ]
}
