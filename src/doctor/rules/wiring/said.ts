import type { Facts } from '../../facts.ts'
import { isAccepted, wordsOf } from '../../http-facts.ts'

/** What programs wrote where something went wrong: details of events and bodies of answers, in lower case. */
export function said({ events, exchanges }: Facts): string {
  return [
    ...events
      .filter(({ outcome }) => outcome !== 'ok')
      .map(({ detail, check }) => `${detail ?? ''} ${check ?? ''}`),
    ...exchanges.filter((one) => !isAccepted(one)).map(({ response }) => wordsOf(response)),
  ]
    .join('\n')
    .toLowerCase()
}
