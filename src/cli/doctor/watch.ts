import { setTimeout as wait } from 'node:timers/promises'
import type { Auth } from '../../auth.ts'
import { printable } from '../../base/printable.ts'
import { alertOf } from '../../doctor/gather/watch-alert.ts'
import { createWatchCourse, type Look, type WatchCourse } from '../../doctor/gather/watch-course.ts'
import type { WatchReport } from '../../doctor/gather/watch-report.ts'
import { REFUSAL_SLOT_MILLISECONDS } from '../../store/refusals.ts'
import { explainFailure } from '../failure.ts'
import { type OutputOptions, print, safeJson } from '../output.ts'
import { withAuth } from '../with-auth.ts'

export interface WatchOptions extends OutputOptions {
  /** A rise is told, and that it is over: a JSON body by POST to `ALERT_URL`, which is a secret and no argument. */
  readonly alert?: boolean
  /** How long to watch; until it is interrupted if absent. */
  readonly seconds?: number
  /** How far back each look goes, at least. Seconds. */
  readonly back: number
  /** A cause that was there and has not been seen for so many seconds is called gone. */
  readonly quiet: number
}

const EVERY_MILLISECONDS = 2000
const ALERT_MILLISECONDS = 5000
const MOST = 2000

/** Follows refusals: what they have in common, where they come from, what to do, and when a cause is gone. */
export async function watchCommand({
  alert = false,
  seconds,
  back,
  quiet,
  json = false,
}: WatchOptions): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000
  const course = createWatchCourse({ quietMilliseconds: quiet * 1000 })
  let last = ''
  await withAuth(async (auth, { alertUrl }) => {
    if (alert && alertUrl === undefined) throw new Error('--alert needs ALERT_URL, or ALERT_URL_FILE')
    await auth.ready()
    do {
      const look = await lookAt(auth, back, course).catch(tellFailure)
      if (look === undefined) {
        await pause(stop.signal)
        continue
      }
      const text = json ? safeJson(look.report) : inLines(look.report)
      if (text !== last) print(last !== '' && !json ? `\n${text}` : text)
      last = text
      tellNews(look, quiet, json)
      if (alert && alertUrl !== undefined && (await sendAlert(alertUrl.reveal(), look))) course.told(look)
      await pause(stop.signal)
    } while (!stop.signal.aborted && Date.now() < end)
  })
}

async function pause(signal: AbortSignal): Promise<void> {
  await wait(EVERY_MILLISECONDS, undefined, { signal }).catch(() => undefined)
}

/** Whoever watches wants to be there when the database comes back. */
function tellFailure(error: unknown): undefined {
  process.stderr.write(`no look this time: ${explainFailure(error)}\n`)
}

async function lookAt(auth: Auth, back: number, course: WatchCourse): Promise<Look> {
  const now = Date.now()
  // Counts are kept by slot, so that a look begins where one does.
  const since = now - back * 1000 - ((now - back * 1000) % REFUSAL_SLOT_MILLISECONDS)
  const [counts, records, ring] = await Promise.all([
    auth.refusals.counts(since),
    auth.refusals.list({ since, limit: MOST }),
    auth.keys.list(),
  ])
  const surroundings = {
    // While it watches this command is a node too; nobody is refused by it.
    nodes: ring.nodes.filter(({ id }) => id !== auth.node),
    keys: ring.keys,
    ringVersion: ring.version,
    issuer: auth.issuer,
  }
  return course.look({ counts, records }, surroundings, { now, since })
}

function inLines({ total, groups, deployment }: WatchReport): string {
  const lines = groups.map(({ sentence }) => printable(sentence))
  return [
    ...(deployment === undefined ? [] : [printable(deployment)]),
    ...(total === 0 ? ['No refusals.'] : lines),
  ].join('\n')
}

const AGREED = 'The live nodes agree again.'

function tellNews({ gone, mended }: Look, quiet: number, json: boolean): void {
  if (mended) print(json ? JSON.stringify({ mended: true }) : AGREED)
  for (const code of gone)
    print(json ? JSON.stringify({ gone: code }) : `${code}: not seen for ${quiet} s; the cause is gone.`)
}

/** Whether it was told. What was not is told again at the next look: an alert that is lost is none. */
async function sendAlert(url: string, look: Look): Promise<boolean> {
  if (look.rising.length === 0 && look.allClear.length === 0) return false
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alertOf(look)),
      redirect: 'error',
      signal: AbortSignal.timeout(ALERT_MILLISECONDS),
    })
    await answer.body?.cancel()
    if (answer.ok) return true
    process.stderr.write(`the alert was not taken: status ${answer.status}\n`)
  } catch (error) {
    process.stderr.write(`the alert could not be sent: ${reasonOf(error)}\n`)
  }
  return false
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  return printable(error.cause instanceof Error ? error.cause.message : error.message)
}
