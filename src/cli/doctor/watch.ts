import { setTimeout as wait } from 'node:timers/promises'
import { reportRefusals, risen, type WatchReport } from '../../doctor/gather/watch-report.ts'
import type { RefusalCount, RefusalRecord } from '../../store/refusals.ts'
import type { OutputOptions } from '../output.ts'
import { print, printable } from '../output.ts'
import { withAuth } from '../with-auth.ts'

export interface WatchOptions extends OutputOptions {
  /** Where a rise is told: a JSON body by POST. */
  readonly alert?: string
  /** How long to watch; until it is interrupted if absent. */
  readonly seconds?: number
  /** How far back the first look goes. Seconds. */
  readonly back: number
}

const EVERY_MILLISECONDS = 2000
const MOST = 2000
/** A cause that was there and has not been seen for so long is called gone. */
const QUIET_SECONDS = 30

/** Follows refusals: what they have in common, where they come from, and when a cause is gone. */
export async function watchCommand({ alert, seconds, back, json = false }: WatchOptions): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  const since = Date.now() - back * 1000
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000
  let told = ''
  const alerted = new Set<string>()
  const lastSeen = new Map<string, number>()
  await withAuth(async (auth) => {
    do {
      const [records, nodes] = await Promise.all([
        auth.refusals.list({ since, limit: MOST }),
        auth.liveNodes(),
      ])
      const report = reportRefusals(records, nodes, since / 1000)
      const text = json ? JSON.stringify(report) : inLines(report)
      if (text !== told) print(told !== '' && !json ? `\n${text}` : text)
      told = text
      for (const code of goneSince(records, lastSeen))
        print(
          json
            ? JSON.stringify({ gone: code })
            : `${code}: not seen for ${QUIET_SECONDS} s; the cause is gone.`,
        )
      if (alert !== undefined) await alertOnRise(alert, report, records, alerted)
      await wait(EVERY_MILLISECONDS, undefined, { signal: stop.signal }).catch(() => undefined)
    } while (!stop.signal.aborted && Date.now() < end)
  })
}

function inLines({ total, groups, deployment }: WatchReport): string {
  const lines = groups.map(({ sentence }) => printable(sentence))
  return [
    ...(deployment === undefined ? [] : [printable(deployment)]),
    ...(total === 0 ? ['No refusals.'] : lines),
  ].join('\n')
}

/** Causes that were seen, and have been quiet since: each is named once. */
function goneSince(records: readonly RefusalRecord[], lastSeen: Map<string, number>): readonly string[] {
  for (const { code, at } of records) lastSeen.set(code, Math.max(at, lastSeen.get(code) ?? 0))
  const quiet = [...lastSeen].filter(([, at]) => Date.now() - at > QUIET_SECONDS * 1000).map(([code]) => code)
  for (const code of quiet) lastSeen.delete(code)
  return quiet.filter(
    (code) =>
      !records.some((record) => record.code === code && Date.now() - record.at <= QUIET_SECONDS * 1000),
  )
}

async function alertOnRise(
  url: string,
  report: WatchReport,
  records: readonly RefusalRecord[],
  alerted: Set<string>,
): Promise<void> {
  const middle = Date.now() - 60_000
  const countsOf = (list: readonly RefusalRecord[]): RefusalCount[] =>
    list.map(({ at, code, node }) => ({ at, code, node, count: 1 }))
  const rising = risen(
    countsOf(records.filter(({ at }) => at < middle)),
    countsOf(records.filter(({ at }) => at >= middle)),
  )
  const fresh = rising.filter((code) => !alerted.has(code))
  if (fresh.length === 0) return
  for (const code of fresh) alerted.add(code)
  const body = JSON.stringify({
    rising: fresh,
    deployment: report.deployment,
    groups: report.groups.filter(({ code }) => fresh.includes(code)),
  })
  await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(5000),
  }).catch(() => undefined)
}
