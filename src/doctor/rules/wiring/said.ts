import type { Facts } from '../../facts.ts'
import { wordsOf } from '../../http-facts.ts'

/** What programs wrote: details of events and bodies of answers, in lower case. */
export function said({ events, exchanges }: Facts): string {
  return [
    ...events.map(({ detail, check }) => `${detail ?? ''} ${check ?? ''}`),
    ...exchanges.map(({ response }) => wordsOf(response)),
  ]
    .join('\n')
    .toLowerCase()
}
