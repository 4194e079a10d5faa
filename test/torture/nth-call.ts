import { randomUUID } from 'node:crypto'
import { guardedClock } from '../../src/base/clock.ts'
import { createHashQueue } from '../../src/login/hashing.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { type Answer, claimsOf, PASSWORD, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { CANARY, createFaultyParts, type Fault, type FaultyParts, type Part } from './faults/faulty-parts.ts'
import { type Flow, flows, type Person, type Scene } from './faults/flows.ts'
import { createRewindableDatabase, type RewindableDatabase } from './rewindable-database.ts'
import type { Attempt, Torture } from './torture.ts'

const PATIENCE_MILLISECONDS = 60_000
const PARTS: readonly Part[] = ['store', 'clock', 'random']

interface Stage {
  people: number
  readonly issuer: TestIssuer
  readonly parts: FaultyParts
  readonly database: RewindableDatabase
  readonly passwordHash: string
}

async function setStage(): Promise<Stage> {
  const database = createRewindableDatabase()
  const parts = createFaultyParts(createSqliteStore('memory', database.open))
  const hashes = createHashQueue({ clock: guardedClock() })
  const passwordHash = await hashes.hash(PASSWORD)
  await hashes.close()
  const { store, clock, random } = parts
  // In production, where answers tell least; the tables are made beforehand there.
  await store.migrate()
  const issuer = await startIssuer({
    store,
    clock,
    random,
    rateLimits: 'off',
    issuer: 'https://auth.example.com',
  })
  return { people: 0, issuer, parts, database, passwordHash }
}

/** A new person with a session; nothing fails meanwhile. */
async function invite(stage: Stage): Promise<Person> {
  const { issuer, parts, passwordHash } = stage
  const number = stage.people++
  const address = `10.${number >> 8}.${number & 255}.1`
  const userId = randomUUID()
  const name = `p${userId.slice(0, 12)}`
  const email = `${name}@example.com`
  const event = { name: 'user.created', origin: { actor: { kind: 'system' } }, userId } as const
  const row = { id: userId, email, emailKey: email, emailVerified: false, username: name, usernameKey: name }
  await parts.store.users.create({ ...row, passwordHash, roles: [], keptRoles: [], profile: {} }, event)
  const tokens = await issuer.auth.sessions.start({ userId, amr: ['pwd'] })
  const sessionId = String(claimsOf(tokens.access_token).sid)
  return {
    userId,
    name,
    sessionId,
    address,
    tokens: { access: tokens.access_token, refresh: String(tokens.refresh_token) },
  }
}

/** Plays a flow under a fault, heals, and looks at what is left. */
async function play(attempt: Attempt, stage: Stage, flow: Flow, fault: Fault | undefined): Promise<void> {
  const { issuer, parts, database } = stage
  const title = `${flow.name}, ${fault === undefined ? 'no fault' : inWords(fault)}`
  const wrong = (text: string): void => attempt.violation(`${title}: ${text}`)
  const scene: Scene = { issuer, database, person: await invite(stage), wrong }
  await flow.prepare?.(scene)
  parts.set(fault)
  const answer = await inTime(flow.act(scene))
  const calls = { store: parts.calls('store'), clock: parts.calls('clock'), random: parts.calls('random') }
  if (answer !== undefined) await flow.still?.(scene, answer)
  parts.set(undefined)
  // Whoever has failed may have to ask again before anybody is let in.
  await issuer.auth.sessions.end(randomUUID(), randomUUID())
  if (answer === undefined) return wrong('no answer')
  judge(flow, fault, answer, wrong)
  if (fault !== undefined && answer.status === flow.status) attempt.note('went through')
  await flow.verify(scene, answer)
  if (fault === undefined) for (const part of PARTS) attempt.note(`calls of ${part}`, calls[part])
}

function judge(flow: Flow, fault: Fault | undefined, answer: Answer, wrong: (text: string) => void): void {
  const { status, text, headers } = answer
  // Broken, a clock or a random source is a fault of ours, and 500 says so; a store that fails is to be tried again.
  const allowed = fault === undefined ? [] : fault.part === 'store' ? [503] : [500, 503]
  if (status !== flow.status && !allowed.includes(status)) wrong(`${status} ${text}`)
  if (text.includes(CANARY) || [...headers.values()].some((value) => value.includes(CANARY))) {
    wrong(`it tells too much: ${text}`)
  }
  if (status === 503 && headers.get('retry-after') === null) wrong('503 without Retry-After')
}

async function inTime<Value>(work: Promise<Value>): Promise<Value | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const late = setTimeout(resolve, PATIENCE_MILLISECONDS)
  try {
    return (await Promise.race([work, promise])) ?? undefined
  } finally {
    clearTimeout(late)
  }
}

function inWords({ part, nth, lasts, carriedOut }: Fault): string {
  return `call ${nth} of ${part} fails ${lasts}${carriedOut ? ' after it was carried out' : ''}`
}

/** Every call that the flow makes when nothing fails, in every way in which it can fail. */
async function faultsOf(stage: Stage, flow: Flow, attempt: Attempt): Promise<readonly Fault[]> {
  await play(attempt, stage, flow, undefined)
  const { issuer, parts, database } = stage
  const scene: Scene = { issuer, database, person: await invite(stage), wrong: () => undefined }
  await flow.prepare?.(scene)
  parts.set(undefined)
  await flow.act(scene)
  return PARTS.flatMap((part) =>
    Array.from({ length: parts.calls(part) }, (_, index) => index + 1).flatMap((nth) =>
      (['once', 'for ever'] as const).flatMap((lasts) =>
        (part === 'store' ? [false, true] : [false]).map((carriedOut) => ({ part, nth, lasts, carriedOut })),
      ),
    ),
  )
}

export const nthCall: Torture = {
  name: 'nth-call',
  title:
    'G-14: each call of store, clock and random fails once or for ever: nothing opens, hangs, leaks or stays half done',
  counts: { quick: 60, full: 10_000, long: 10_000 },
  async run(attempt) {
    const stage = await setStage()
    const strays: unknown[] = []
    const stray = (error: unknown): void => void strays.push(error)
    process.on('unhandledRejection', stray).on('uncaughtException', stray)
    try {
      const all: (readonly [Flow, Fault])[] = []
      for (const flow of flows) {
        for (const fault of await faultsOf(stage, flow, attempt)) all.push([flow, fault])
      }
      attempt.note('faults there are', all.length)
      const chosen = attempt.count >= all.length ? all : pick(all, attempt)
      for (const [done, [flow, fault]] of chosen.entries()) {
        await play(attempt, stage, flow, fault)
        for (const error of strays.splice(0)) {
          attempt.violation(`${flow.name}, ${inWords(fault)}: nobody caught ${error}`)
        }
        attempt.note('faults')
        attempt.progress(done + 1)
      }
    } finally {
      stage.parts.set(undefined)
      await stage.issuer.close()
      process.off('unhandledRejection', stray).off('uncaughtException', stray)
    }
  },
}

function pick<Value>(all: readonly Value[], attempt: Attempt): Value[] {
  const rest = [...all]
  return Array.from({ length: attempt.count }, () => rest.splice(attempt.below(rest.length), 1)).flat()
}
