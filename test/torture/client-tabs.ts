import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { DEADLINE_MILLISECONDS } from '../../src/client/issuer-call.ts'
import type { Outcome } from '../client/page.ts'
import { openSite, PASSWORD, type Site } from '../client/site.ts'
import { handClock } from '../flows/issuer.ts'
import { launchChromium } from '../servers/chromium.ts'
import type { Attempt, Torture } from './torture.ts'

const MOST_TABS = 8
const LIFE_MILLISECONDS = 15 * 60_000
/** Beyond the tolerance of the verifier too. */
const PAST_LIFE_MILLISECONDS = LIFE_MILLISECONDS + 90_000
/** Past the window in which the server forgives a repeat that has no key. */
const PAST_WINDOW_MILLISECONDS = 11_000
const LOST = 0.2
/** A hang is a violation, slowness of the machine is none. */
const LIMIT_MILLISECONDS = 120_000
/** An answer that is lost again and again is given up by the client; the tab then asks anew, as a person would. */
const MOST_ASKED = 30

/** Runs in every page before its own script: the clock that sleeps, and timers that a browser slows down. */
const IN_EVERY_PAGE = `
  const now = Date.now.bind(Date)
  Date.now = () => now() + Number(localStorage.getItem('slept') ?? 0)
  const timeout = setTimeout
  globalThis.setTimeout = (work, time, ...more) =>
    timeout(work, sessionStorage.getItem('throttled') ? Math.ceil((time || 1) / 1000) * 1000 : time, ...more)
`

/** What the server saw of one round. */
interface Round {
  requests: number
  lost: number
  readonly keys: Set<string | undefined>
  readonly successors: Set<string>
}

const newRound = (): Round => ({ requests: 0, lost: 0, keys: new Set(), successors: new Set() })

/** Lets the issuer answer, and looks at the answer or throws it away. */
function overhear(
  round: Round,
  { random }: Attempt,
  passWindow: () => void,
): (request: IncomingMessage, response: ServerResponse, go: () => void) => void {
  return (request, response, go) => {
    const isRefresh = request.url === '/refresh' && request.method === 'POST'
    const isCall = request.url === '/users/me' && request.method === 'GET'
    const loses = (isRefresh || isCall) && random() < LOST
    const passes = isRefresh && random() < 0.3
    if (isRefresh) {
      round.requests++
      if (loses) round.lost++
      round.keys.add(String(request.headers['idempotency-key']))
    }
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse
    response.end = ((...args: unknown[]) => {
      const token = isRefresh && /"refresh_token":"([^"]+)"/.exec(String(args[0]))?.[1]
      if (token) round.successors.add(createHash('sha256').update(token).digest('hex'))
      // The answer is late: whoever has no key of the attempt would now be taken for a thief.
      if (passes) passWindow()
      if (!loses) return end(...args)
      request.socket.destroy()
      return response
    }) as typeof response.end
    go()
  }
}

interface Tab {
  readonly page: Page
  reloads: boolean
}

export const clientTabs: Torture = {
  name: 'client',
  title:
    '1.2, 1.11: tabs of a real browser that meet an expired token at once, with reloads, cancelled requests, lost ' +
    'answers, slow timers and sleep: one successor, one attempt, nobody is signed out',
  counts: { quick: 5, full: 1000, long: 5000 },
  async run(attempt) {
    const clock = handClock(Date.now())
    const browser = await launchChromium()
    const site = await openSite({
      auth: { clock, staleness: 'relaxed', refreshTokenExpireDays: 365, refreshIdleDays: 365 },
    })
    try {
      await site.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
      const context = await browser.newContext()
      const farewells: unknown[] = []
      await context.exposeBinding('told', (_source, farewell) => void farewells.push(farewell))
      await context.addInitScript(IN_EVERY_PAGE)
      const tabs = await openTabs(context, site)
      const [first] = tabs
      const signedIn = await first?.page.evaluate<Outcome>(`signIn('ann', '${PASSWORD}')`)
      if (signedIn?.status !== 200) throw new Error(`not signed in: ${JSON.stringify(signedIn)}`)
      for (let done = 1; done <= attempt.count; done++) {
        await playRound(attempt, { site, clock, tabs })
        for (const farewell of farewells.splice(0)) {
          attempt.violation(`round ${done}: signed out: ${JSON.stringify(farewell)}`)
        }
        attempt.progress(done)
      }
    } finally {
      await browser.close()
      await site.close()
    }
  },
}

async function openTabs(context: BrowserContext, site: Site): Promise<Tab[]> {
  return Promise.all(
    Array.from({ length: MOST_TABS }, async () => {
      const page = await context.newPage()
      page.setDefaultTimeout(LIMIT_MILLISECONDS)
      await page.goto(site.page())
      return { page, reloads: false }
    }),
  )
}

interface Stage {
  readonly site: Site
  readonly clock: ReturnType<typeof handClock>
  readonly tabs: readonly Tab[]
}

async function playRound(attempt: Attempt, { site, clock, tabs }: Stage): Promise<void> {
  const { below, random } = attempt
  const round = newRound()
  const meeting = tabs.slice(0, 2 + below(MOST_TABS - 1))
  const sleeps = random() < 0.3
  for (const tab of meeting) {
    tab.reloads = random() < 0.2
    const throttled = random() < 0.15 ? '1' : ''
    await tab.page.evaluate(`sessionStorage.setItem('throttled', '${throttled}')`)
  }
  if (sleeps) {
    await meeting[0]?.page.evaluate(
      `localStorage.setItem('slept', Number(localStorage.getItem('slept')) + ${PAST_LIFE_MILLISECONDS})`,
    )
  }
  clock.advance(PAST_LIFE_MILLISECONDS)
  site.between = overhear(round, attempt, () => clock.advance(PAST_WINDOW_MILLISECONDS))

  const began = performance.now()
  const statuses = await Promise.all(meeting.map((tab) => meet(attempt, tab)))
  const cut = meeting.filter(({ reloads }) => reloads).length
  attempt.note('rounds')
  attempt.note('tabs', meeting.length)
  attempt.note('reloads', cut)
  attempt.note('sleeps', sleeps ? 1 : 0)
  attempt.note('refresh requests', round.requests)
  attempt.note('lost answers', round.lost)
  if (statuses.some((status) => status !== 200)) attempt.violation(`statuses ${statuses.join()}`)
  if (round.successors.size !== 1) attempt.violation(`${round.successors.size} successors`)
  if (round.keys.size !== 1) attempt.violation(`${round.keys.size} attempts`)
  // On a machine so slow that answers may have come past the client's deadline, more were lost than we threw away.
  const isSlow = performance.now() - began > DEADLINE_MILLISECONDS
  attempt.note('slow rounds', isSlow ? 1 : 0)
  if (!isSlow && round.requests > 1 + round.lost + cut) {
    attempt.violation(`${round.requests} requests, ${round.lost} answers lost, ${cut} reloads`)
  }
}

/** One tab's part: some calls at once, of which some are cancelled; perhaps a reload; and in the end a good answer. */
async function meet({ below, random, note }: Attempt, { page, reloads }: Tab): Promise<number | undefined> {
  const calls = Array.from({ length: 1 + below(3) }, () =>
    random() < 0.3 ? `ask('/users/me', ${below(40)})` : `ask('/users/me')`,
  )
  note('cancelled calls', calls.filter((call) => call.includes(',')).length)
  // A page that is left answers no more.
  const asked = page.evaluate(`Promise.all([${calls.join()}])`).catch(() => undefined)
  if (reloads) {
    await wait(below(60))
    await page.reload()
  }
  await asked
  let last: Outcome = {}
  for (let tries = 0; tries < MOST_ASKED && last.status !== 200; tries++) {
    last = await page.evaluate<Outcome>(`ask('/users/me')`)
    if (last.status === 401) break
    if (last.code !== undefined) await wait(250)
  }
  return last.status
}
