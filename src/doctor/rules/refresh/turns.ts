import type { EventLine } from '../../evidence.ts'

/** What is about a refresh token: its use, its refusal, its reuse. */
export const isRefresh = ({ type, credential }: EventLine): boolean =>
  credential === 'refresh_token' || /refresh|reuse/.test(type ?? '')

/** Refreshes that succeeded. */
export const turns = (events: readonly EventLine[]): EventLine[] =>
  events.filter((event) => isRefresh(event) && event.outcome === 'ok')
