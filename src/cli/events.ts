import { setTimeout as wait } from 'node:timers/promises'
import { type AuditEvent, EVENT_NAMES, type EventName } from '../audit/events.ts'
import type { Auth } from '../auth.ts'
import { printable } from '../base/printable.ts'
import { showEvent } from '../endpoints/schemas.ts'
import { catalogue } from '../errors/codes.ts'
import type { EventFilter } from '../store/events.ts'
import { findAccount, timeOf } from './account.ts'
import { readMoment } from './moment.ts'
import { type OutputOptions, print, printTable, safeJson } from './output.ts'
import { withAuth } from './with-auth.ts'

interface EventsOptions extends OutputOptions {
  readonly user?: string
  readonly name?: string
  readonly cause?: string
  readonly since?: string
  readonly limit: number
  readonly follow?: boolean
}

const MOST = 10_000
const EVERY_MILLISECONDS = 1000
/** An event is dated before its transaction commits, so one that is older than the newest may still appear. */
const LATE_MILLISECONDS = 10_000

export async function showEvents({ limit, follow = false, json = false, ...given }: EventsOptions) {
  await withAuth(async (auth) => {
    const filter = await filterOf(auth, given)
    if (follow) return followEvents(auth, filter, limit, json)
    const events = await auth.events.list({ ...filter, limit })
    return printTable(json ? events.map(showEvent) : events.map(rowOf), { json }, 'No such events.')
  })
}

async function filterOf(
  auth: Auth,
  { user, name, cause, since }: Pick<EventsOptions, 'user' | 'name' | 'cause' | 'since'>,
): Promise<Omit<EventFilter, 'limit'>> {
  if (name !== undefined && !isEventName(name)) {
    throw new Error(`--name: one of ${EVENT_NAMES.join(', ')}`)
  }
  if (cause !== undefined && !Object.hasOwn(catalogue, cause)) {
    throw new Error('--cause: a code such as PASSWORD_WRONG; docs/refusals.md lists them all')
  }
  return {
    ...(user !== undefined && { userId: (await findAccount(auth, user)).id }),
    ...(name !== undefined && { name }),
    ...(cause !== undefined && { cause }),
    ...(since !== undefined && { since: momentOf(since) }),
  }
}

function isEventName(name: string): name is EventName {
  return EVENT_NAMES.some((known) => known === name)
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time, or how long ago: `90s`, `15m`, `24h`, `7d`. Milliseconds since 1970. */
function momentOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const time = count === undefined ? readMoment(text) : Date.now() - Number(count) * (UNITS[unit] ?? 0)
  if (time !== undefined) return time
  throw new Error('--since: a time such as 2026-11-23T08:00:00Z, or how long ago: 15m, 24h, 7d')
}

/** Until the operator has seen enough: one line for each event, in the order in which they appear. */
async function followEvents(
  auth: Auth,
  filter: Omit<EventFilter, 'limit'>,
  limit: number,
  json: boolean,
): Promise<void> {
  let seen = new Map<string, number>()
  let newest = filter.since ?? 0
  const show = (events: readonly AuditEvent[]): void => {
    for (const event of events) {
      if (seen.has(event.id)) continue
      seen.set(event.id, event.at)
      newest = Math.max(newest, event.at)
      print(json ? safeJson(showEvent(event)) : lineOf(event))
    }
    seen = new Map([...seen].filter(([, at]) => at >= newest - LATE_MILLISECONDS))
  }
  const first = await auth.events.list({ ...filter, limit: MOST })
  // What the limit leaves out is no news at the next look either.
  for (const event of first.slice(limit)) seen.set(event.id, event.at)
  show(first.slice(0, limit).toReversed())
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  while (!stop.signal.aborted) {
    await wait(EVERY_MILLISECONDS, undefined, { signal: stop.signal }).catch(() => undefined)
    const since = Math.max(filter.since ?? 0, newest - LATE_MILLISECONDS)
    show((await auth.events.list({ ...filter, since, limit: MOST })).toReversed())
  }
}

/** Who did what, to whom, from where. */
function rowOf({ at, name, origin, userId, clientId, data }: AuditEvent) {
  return {
    at: timeOf(at),
    name,
    by: origin.actor.id ?? origin.actor.kind,
    user: userId,
    client: clientId,
    address: origin.address,
    agent: origin.agent?.slice(0, 40),
    data: data && JSON.stringify(data),
  }
}

function lineOf(event: AuditEvent): string {
  const cells = Object.values(rowOf(event)).map((value) => value ?? '–')
  return printable(cells.join('  '))
}
