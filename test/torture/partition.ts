import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type Answer, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { type PrivateRedis, startRedis } from '../servers/redis.ts'
import { startTcpProxy, type TcpProxy } from './partitions/tcp-proxy.ts'
import { type DoorWatch, watchDoor } from './partitions/watch.ts'
import { judgeRecovery } from './recovery-bound.ts'
import type { Attempt, Torture } from './torture.ts'

const BOUND_MILLISECONDS = 5000
const FAULT_MILLISECONDS = 7500
/** Without hints the next regular question comes within two seconds. */
const POLL_MILLISECONDS = 2200
/** A busy machine may take longer; past this something is wrong. */
const PATIENCE_MILLISECONDS = 120_000
const PAUSE_MILLISECONDS = 50

interface Place {
  readonly postgres: PrivatePostgres
  readonly redis: PrivateRedis
  readonly wire: TcpProxy
  /** Straight at the database. */
  readonly near: TestIssuer
  /** Through the wire: one that refuses past the bound, one that goes on. */
  readonly strict: TestIssuer
  readonly relaxed: TestIssuer
}

interface Fault {
  readonly title: string
  /** Who can still reach the database meanwhile. */
  readonly reached: 'everybody' | 'near' | 'nobody'
  /** How long it lasts where there is time for it. */
  readonly longMilliseconds?: number
  begin(place: Place): Promise<void>
  end(place: Place): Promise<void>
}

async function ask(redis: PrivateRedis, command: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(redis.url)
  await command(client)
  client.disconnect()
}
const nothing = async (): Promise<void> => undefined

const faults: readonly Fault[] = [
  {
    title: 'the wire of the feed is cut',
    reached: 'near',
    begin: async ({ wire }) => wire.cut(),
    end: async ({ wire }) => wire.mend(),
  },
  {
    title: 'the wire of the feed holds everything back',
    reached: 'near',
    longMilliseconds: 30_000,
    begin: async ({ wire }) => wire.hold(),
    end: async ({ wire }) => wire.mend(),
  },
  {
    title: 'Redis is stopped',
    reached: 'everybody',
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  {
    title: 'Redis is paused',
    reached: 'everybody',
    begin: async ({ redis }) => redis.pause(),
    end: async ({ redis }) => redis.resume(),
  },
  {
    title: 'Redis is emptied',
    reached: 'everybody',
    begin: ({ redis }) => ask(redis, (client) => client.flushall()),
    end: nothing,
  },
  {
    title: 'PostgreSQL is paused',
    reached: 'nobody',
    begin: async ({ postgres }) => postgres.pause(),
    end: async ({ postgres }) => postgres.resume(),
  },
  {
    title: 'PostgreSQL is stopped',
    reached: 'nobody',
    begin: ({ postgres }) => postgres.kill(),
    end: ({ postgres }) => postgres.start(),
  },
  {
    title: 'PostgreSQL is restarted',
    reached: 'everybody',
    begin: ({ postgres }) => postgres.restart(),
    end: nothing,
  },
]

/** One fault, with a revocation in the middle of it, and doors watched from before to after. */
async function endure(attempt: Attempt, place: Place, fault: Fault, number: number): Promise<void> {
  const wrong = (text: string): void => attempt.violation(`${fault.title}: ${text}`)
  const { longMilliseconds = FAULT_MILLISECONDS } = fault
  const lastsMilliseconds = attempt.count < faults.length ? FAULT_MILLISECONDS : longMilliseconds
  const ending = await place.near.signUp(`ending${number}`)
  const staying = await place.near.signUp(`staying${number}`)
  const doors = {
    ending: watchDoor(place.strict, ending.access),
    staying: watchDoor(place.strict, staying.access),
    relaxed: watchDoor(place.relaxed, staying.access),
  }
  try {
    for (const door of Object.values(doors)) {
      if ((await door.until(200, PATIENCE_MILLISECONDS)) === undefined)
        return wrong('never let in, before it')
    }
    await fault.begin(place)
    const began = performance.now()
    const signOut = await signOutAt(place.near, ending.access, fault)
    const confirmedAt = signOut.status === 204 ? performance.now() : undefined
    if (fault.reached !== 'nobody' && confirmedAt === undefined)
      wrong(`the sign-out answers ${signOut.status}`)
    if (fault.reached === 'nobody' && signOut.status !== 503) wrong(`without a database: ${signOut.status}`)
    attempt.noteLargest('slowest sign-out (ms)', performance.now() - began)

    await pause(Math.max(0, lastsMilliseconds - (performance.now() - began)))
    const endedAt = performance.now()
    await fault.end(place)
    await recover(attempt, place, fault, doors, ending.access, confirmedAt !== undefined, wrong)
    judgeStrict(doors, confirmedAt, fault, { began, endedAt }, attempt, wrong)
    judgeRelaxed(doors.relaxed, wrong)
  } finally {
    for (const door of Object.values(doors)) await door.end()
  }
}

/** Where the database can be reached, 503 says that a connection to it was dead: then one tries again. */
function signOutAt(near: TestIssuer, token: string, { reached }: Fault): Promise<Answer> {
  return reached === 'nobody' ? near.call('POST', '/logout', { token }) : untilTaken(near, token)
}

async function untilTaken(near: TestIssuer, token: string): Promise<Answer> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const answer = await near.call('POST', '/logout', { token })
    if (answer.status !== 503 || performance.now() > late) return answer
    await pause(PAUSE_MILLISECONDS)
  }
}

type Doors = Readonly<Record<'ending' | 'staying' | 'relaxed', DoorWatch>>

async function recover(
  attempt: Attempt,
  { near }: Place,
  { title }: Fault,
  doors: Doors,
  token: string,
  isConfirmed: boolean,
  wrong: (text: string) => void,
): Promise<void> {
  const from = performance.now()
  if ((await doors.staying.until(200, PATIENCE_MILLISECONDS)) === undefined) return wrong('does not recover')
  const took = performance.now() - from
  attempt.noteLargest('slowest recovery (ms)', took)
  judgeRecovery(attempt, attempt.isTimed, { what: 'let in again', milliseconds: took, details: title })
  // What nobody confirmed is tried again by whoever wanted it.
  if (!isConfirmed && (await untilTaken(near, token)).status !== 204) wrong('cannot sign out after it')
  if ((await doors.ending.until(401, PATIENCE_MILLISECONDS)) === undefined) wrong('the session lives on')
}

function judgeStrict(
  { ending, staying }: Doors,
  confirmedAt: number | undefined,
  fault: Fault,
  { began, endedAt }: { readonly began: number; readonly endedAt: number },
  attempt: Attempt,
  wrong: (text: string) => void,
): void {
  const firstRefusal = ending.looks.findIndex(({ status }) => status === 401)
  if (ending.looks.slice(firstRefusal).some(({ status }) => status === 200))
    wrong('let in again after a refusal')
  if (confirmedAt !== undefined) {
    const accepted = ending.looks.filter(({ at, status }) => at > confirmedAt && status === 200)
    const latest = Math.max(0, ...accepted.map(({ at }) => at - confirmedAt))
    const bound = fault.reached === 'everybody' ? POLL_MILLISECONDS : BOUND_MILLISECONDS
    attempt.noteLargest(`latest acceptance, ${fault.reached === 'near' ? 'cut off' : 'reached'} (ms)`, latest)
    // Only the bound is promised; the shorter one is what is seen on a machine that is not busy.
    if (latest > BOUND_MILLISECONDS) wrong(`accepted ${Math.round(latest)} ms after its end`)
    else if (latest > bound) attempt.note('later than the regular question')
  }
  const during = staying.looks.filter(
    ({ at }) => at > began + BOUND_MILLISECONDS + POLL_MILLISECONDS && at < endedAt,
  )
  if (fault.reached !== 'everybody' && during.some(({ status }) => status === 200))
    wrong('open past the bound')
  for (const { status, retryAfter } of [...staying.looks, ...ending.looks]) {
    if (status === 503 && retryAfter === null) wrong('503 without Retry-After')
    if (![200, 401, 503].includes(status)) wrong(`answered ${status}`)
  }
  if (staying.looks.some(({ status }) => status === 401)) wrong('a live session was refused for good')
}

function judgeRelaxed({ looks }: DoorWatch, wrong: (text: string) => void): void {
  const refused = looks.find(({ status }) => status !== 200)
  if (refused !== undefined) wrong(`relaxed, and refused with ${refused.status}`)
}

async function startPlace(): Promise<Place> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  const wire = await startTcpProxy(postgres.port)
  const through = (url: string): string => {
    const address = new URL(url)
    address.port = String(wire.port)
    return address.href
  }
  const common = {
    redisUrl: redis.url,
    rateLimits: 'off',
    maxStalenessSeconds: BOUND_MILLISECONDS / 1000,
  } as const
  const near = await startIssuer({ ...common, databaseUrl: postgres.url })
  const far = { ...common, databaseUrl: through(postgres.url) }
  const strict = await startIssuer(far)
  const relaxed = await startIssuer({ ...far, staleness: 'relaxed' })
  return { postgres, redis, wire, near, strict, relaxed }
}

export const partition: Torture = {
  name: 'partition',
  title:
    'B8, G-14: Redis and PostgreSQL stopped, emptied, paused, restarted, cut off: bounds hold, and all recovers',
  counts: { quick: 1, full: faults.length, long: 10 * faults.length },
  async run(attempt) {
    const place = await startPlace()
    const first = attempt.below(faults.length)
    try {
      for (let number = 0; number < attempt.count; number += 1) {
        const fault = faults[(first + number) % faults.length]
        if (fault !== undefined) await endure(attempt, place, fault, number)
        attempt.note('faults')
        attempt.progress(number + 1)
      }
    } finally {
      for (const issuer of [place.near, place.strict, place.relaxed]) await issuer.close()
      await place.wire.stop()
      await Promise.all([place.postgres.stop(), place.redis.stop()])
    }
  },
}
