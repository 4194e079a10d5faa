import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BUILT_IN, type Ending, endings, type Origin } from './endings.ts'
import type { Forgiveness, Outcome, Presented } from './oracle.ts'
import type { Subject } from './subject.ts'
import type { Holder, World } from './world.ts'

type Command = fc.AsyncCommand<World, Subject>

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR
/** As long as a revocation is remembered at least: the life of an access token. */
const REMEMBERED_MILLISECONDS = 900 * SECOND
const USERS = 2
const MOST_SESSIONS = 4

/** A command whose name stands in the shrunk history that is printed when it fails. */
function command(title: string, run: (world: World, subject: Subject) => Promise<void>): Command {
  return { check: () => true, run, toString: () => title }
}

/** A command on one of the sessions there are, if there is one that is meant. */
function onSession(
  title: string,
  number: number,
  run: (world: World, subject: Subject, session: number, holder: Holder) => Promise<void>,
  isMeant: (holder: Holder, world: World, now: number) => boolean = () => true,
): Command {
  return command(`${title}(${number})`, async (world, subject) => {
    const found = world.pick(number, (holder) => isMeant(holder, world, subject.now()))
    if (found !== undefined) await run(world, subject, ...found)
  })
}

function forgivenessOf(world: World, subject: Subject): Forgiveness {
  if (world.stepUnseen) return 'must'
  return world.unsureFor > 0 || subject.now() !== subject.wall() ? 'may' : 'none'
}

/** Presents a token, and compares what happens with what may. */
async function present(
  world: World,
  subject: Subject,
  session: number,
  presented: Presented,
): Promise<Outcome> {
  const holder = world.sessions.get(session)
  assert.ok(holder)
  const now = subject.now()
  const allowed = holder.oracle.expect(presented, now, forgivenessOf(world, subject))
  const outcome = await subject.refresh(session, presented)
  const fits = allowed.some(
    (one) =>
      one.status === outcome.status &&
      (one.status !== 200 || outcome.status !== 200 || one.generation === outcome.generation),
  )
  assert.ok(
    fits,
    `session ${session} at generation ${holder.oracle.generation}, presented ${JSON.stringify(presented)}: ` +
      `${JSON.stringify(outcome)}, expected ${JSON.stringify(allowed)}`,
  )
  world.note(outcome.status === 200 ? 'accepted' : outcome.status === 400 ? 'refused' : 'held')
  const wasEnded = holder.oracle.ended
  holder.oracle.settle(presented, now, outcome)
  if (outcome.status === 200) {
    holder.staleAt = undefined
    if (world.isSure) assert.equal(await subject.accepts(session), true, 'what a refresh has just answered')
  }
  if (!wasEnded && holder.oracle.ended) {
    holder.endedAt = now
    world.note('reuse')
    if (subject.limits.onReuse === 'user') world.ending('end all', session, now)
  }
  return outcome
}

/** What the client library does: a new key stored with each token before it is sent. */
function refresh(number: number, keyed: boolean, lost: boolean): Command {
  return onSession(
    lost ? 'refresh, answer lost ' : 'refresh',
    number,
    async (world, subject, session, holder) => {
      holder.key = keyed ? `key ${world.nextKey++}` : undefined
      const outcome = await present(world, subject, session, { generation: holder.held, key: holder.key })
      if (outcome.status === 200 && !lost) {
        holder.held = outcome.generation
        holder.key = undefined
      }
    },
  )
}

function retry(number: number): Command {
  return onSession('retry', number, async (world, subject, session, holder) => {
    const outcome = await present(world, subject, session, { generation: holder.held, key: holder.key })
    if (outcome.status === 200) holder.held = outcome.generation
  })
}

/** A straggler, a second tab, or a thief: an old token, without the key. */
function replay(number: number, back: number): Command {
  return onSession(`replay -${back} `, number, async (world, subject, session, holder) => {
    const newest = Math.max(holder.held, holder.oracle.generation)
    const generation = Math.max(0, newest - back)
    await present(world, subject, session, { generation, key: undefined })
  })
}

function otherClient(number: number): Command {
  return onSession('other client', number, async (world, subject, session, holder) => {
    const outcome = await subject.refreshByOtherClient(session, { generation: holder.held, key: undefined })
    assert.equal(outcome.status, 400)
    world.note('other client')
  })
}

/** Whether it can be told what it comes to: codes are kept for a day, and the device has ten seconds to ask again. */
const isToldFor =
  (name: Ending) =>
  ({ origin, client, beganAt }: Holder, world: World, now: number): boolean => {
    const age = now - beganAt
    switch (name) {
      case 'revoke the refresh token':
      case 'revoke the access token':
        // By its client, which may be gone.
        return client === BUILT_IN || client === world.client
      case 'its code again':
        return origin === 'code' && age < HOUR
      case 'its device code again':
        return origin === 'device' && age >= 10 * SECOND && age < HOUR
      case 'take the consent back':
        return client === world.client
      default:
        return true
    }
  }

/** Ends something, and compares what every session opens afterwards with what it may. */
function end(name: Ending, number: number): Command {
  const run: Parameters<typeof onSession>[2] = async (world, subject, session, holder) => {
    const opened = new Set<number>()
    for (const other of world.sessions.keys()) if (await subject.accepts(other)) opened.add(other)
    const keep = holder.oracle.ended ? undefined : session
    await subject.end(name, { session, user: holder.user, keep })
    world.note(name)
    // A token that is over for any other reason is none to be revoked.
    if (endings[name] === 'access' && !opened.has(session)) return
    const reached = world.ending(name, session, subject.now())
    for (const other of world.sessions.keys()) {
      const accepts = await subject.accepts(other)
      if (reached.has(other)) assert.equal(accepts, false, `session ${other}, at the very next request`)
      else if (opened.has(other)) assert.equal(accepts, true, `session ${other} was ended too`)
    }
    if (name === 'declare the database restored') begun(world, subject)
  }
  return onSession(name, number, run, isToldFor(name))
}

/** Those that have ended longest make room. */
function start(user: number, isBuiltIn: boolean, origin: Origin): Command {
  const title = `start(${user}${isBuiltIn ? '' : ', registered'}, ${origin})`
  return command(title, async (world, subject) => {
    const ended = [...world.sessions].find(([, { oracle }]) => oracle.ended)
    if (world.sessions.size >= MOST_SESSIONS && ended !== undefined) world.retire(ended[0])
    if (world.sessions.size >= MOST_SESSIONS) return
    const beginning = { user, client: isBuiltIn ? BUILT_IN : world.client, origin }
    await subject.start(world.begin(beginning, subject), beginning)
  })
}

function access(number: number): Command {
  return onSession('access', number, async (_, subject, session, { oracle, staleAt }) => {
    // A live one may be refused: past its end, or where knowledge is too old. What has ended never passes.
    if (oracle.ended || staleAt !== undefined) assert.equal(await subject.accepts(session), false)
    else await subject.accepts(session)
  })
}

function pass(milliseconds: number): Command {
  return command(`pass(${milliseconds})`, async (world, subject) => {
    const before = subject.now()
    subject.pass(milliseconds)
    world.isSure &&= milliseconds === 0
    world.stoodStillFor += milliseconds - (subject.now() - before)
    if (!world.stepUnseen) world.unsureFor = Math.max(0, world.unsureFor - milliseconds)
    else if (milliseconds > 0) {
      // The regular question may or may not have come meanwhile.
      world.stepUnseen = false
    }
  })
}

function step(milliseconds: number): Command {
  return command(`step(${milliseconds})`, async (world, subject) => {
    const before = subject.now()
    subject.step(milliseconds)
    world.hasStepped = true
    world.isSure = false
    // Set back, a guarded clock stands still, and there is nothing to see yet. Set right, it makes up for what has
    // passed meanwhile, and that is no step: by every clock it is as late as it is.
    const ahead = Math.max(0, subject.now() - before)
    world.stepUnseen = ahead - world.stoodStillFor > 2 * SECOND
    world.stoodStillFor = Math.max(0, world.stoodStillFor - ahead)
    world.unsureFor = Number.POSITIVE_INFINITY
    world.note('clock steps')
  })
}

function pull(): Command {
  return command('pull', async (world, subject) => {
    await subject.pull()
    world.isSure = !world.hasStepped
    // While a clock that was set back stands still, it goes on departing from the one that cannot be set.
    const standsStill = subject.now() !== subject.wall()
    if (!standsStill) world.unsureFor = Math.min(world.unsureFor, 2 * subject.limits.windowMilliseconds)
    world.stepUnseen = false
    world.stoodStillFor = 0
  })
}

function restart(): Command {
  return command('restart', async (world, subject) => {
    const [session = -1] = world.sessions.keys()
    if (await subject.restart()) {
      assert.ok(world.isBehind, 'the database is as new as any that this process has seen')
      world.isBehind = false
      world.ending('declare the database restored', session, subject.now())
      world.note('starts refused')
    }
    world.note('restarts')
    begun(world, subject)
  })
}

function begun(world: World, subject: Subject): void {
  // A new process cannot know that a clock was set before it began.
  world.stepUnseen = false
  world.stoodStillFor = 0
  world.isSure = !world.hasStepped
  if (subject.now() === subject.wall()) world.unsureFor = 0
}

function save(): Command {
  return command('save', async (world, subject) => {
    subject.save()
    world.save()
  })
}

/** Commits since the last save are lost. What the process remembers to have ended stays ended. */
function fallBack(): Command {
  return command('fall back', async (world, subject) => {
    const { saved } = world
    if (saved === undefined) return
    const now = subject.now()
    // A process that runs has asked meanwhile, and let go of what is over.
    await subject.pull()
    await subject.fallBack()
    world.note('lost commits')
    world.isBehind ||= world.restores > saved.restores
    for (const [session, holder] of [...world.sessions]) {
      const former = saved.oracles.get(session)
      if (former === undefined) {
        // The commit of the sign-in itself cannot be healed.
        world.retire(session)
        continue
      }
      const { ended } = holder.oracle
      const isStillKnown = (at: number | undefined): boolean =>
        at !== undefined && now - at < REMEMBERED_MILLISECONDS
      const isRemembered = isStillKnown(holder.endedAt)
      if (!isStillKnown(holder.staleAt)) holder.staleAt = undefined
      // The session that was kept ends with the others, and those that were only to refresh: the user's entry does not
      // tell, and the rows fell back.
      const wasKept = !ended && world.voids.get(holder.user) !== saved.voids.get(holder.user)
      if (wasKept) world.retire(session)
      holder.oracle = former.copy()
      if (!ended) continue
      if (!isRemembered && !former.ended) {
        world.retire(session)
        continue
      }
      holder.oracle.ended = true
      const outcome = await subject.refresh(session, { generation: holder.held, key: undefined })
      assert.notEqual(
        outcome.status,
        200,
        `session ${session} was ended, and lives again after a lost commit`,
      )
      assert.equal(await subject.accepts(session), false)
    }
    // The next regular question writes back what was lost.
    await subject.pull()
    world.stepUnseen = false
    for (const [session, { staleAt }] of world.sessions)
      if (staleAt !== undefined) assert.equal(await subject.accepts(session), false, 'void, and lost')
  })
}

/** Histories that model and issuer once disagreed about: each run plays them first. */
export const disagreements: readonly (readonly Command[])[] = [
  // Twenty seconds later it is reuse, though the clock was set back and right again in between.
  [step(-HOUR), replay(1, 0), pass(20 * SECOND), step(HOUR), refresh(1, false, false)],
  // Nobody can know how late it is when the clock was set ahead, and nobody has asked since.
  [replay(1, 0), step(HOUR), refresh(1, false, false)],
  [step(-HOUR), replay(1, 0), pass(5 * SECOND), pull(), step(HOUR), refresh(1, false, false)],
  // A consent is of the user that there is now.
  [
    start(0, false, 'sign-in'),
    end('remove the user', 2),
    start(0, false, 'code'),
    end('take the consent back', 0),
  ],
  // What ends the consents of a user takes their codes along: then there is none to be used again.
  ...(
    ['reset the password', 'take the consent back', 'remove the user', 'remove the client'] as const
  ).flatMap((ending) => [
    [start(0, false, 'code'), end(ending, 2), end('its code again', 0)],
    [start(0, false, 'device'), pass(20 * SECOND), end(ending, 2), end('its device code again', 0)],
  ]),
  // That the database was declared restored was lost with what followed, long after it could be written back.
  [
    save(),
    end('declare the database restored', 0),
    pass(HOUR),
    fallBack(),
    restart(),
    start(0, true, 'sign-in'),
    refresh(0, false, false),
  ],
]

const session = fc.nat(MOST_SESSIONS - 1)
const user = fc.nat(USERS - 1)
const origin = fc.constantFrom<Origin>('sign-in', 'code', 'device')
const name = fc.constantFrom(...(Object.keys(endings) as Ending[]))

/** Random histories. Times lie round the borders at which a verdict changes. */
export function histories(windowMilliseconds: number) {
  const W = windowMilliseconds
  const durations = fc.constantFrom(0, 1, W / 2, W - 1, W, W + 1, 2 * W - 1, 2 * W, 1500, 6000, HOUR, DAY)
  const steps = fc.constantFrom(5 * SECOND, -5 * SECOND, HOUR, -HOUR, DAY, -DAY)
  const often = <T>(arbitrary: fc.Arbitrary<T>, times: number) =>
    Array.from({ length: times }, () => arbitrary)
  return fc.commands(
    [
      ...often(
        fc.tuple(session, fc.boolean(), fc.boolean()).map((all) => refresh(...all)),
        4,
      ),
      ...often(session.map(retry), 3),
      ...often(
        fc.tuple(session, fc.nat(7)).map((all) => replay(...all)),
        3,
      ),
      ...often(durations.map(pass), 3),
      ...often(fc.constant(null).map(pull), 2),
      ...often(
        fc.tuple(user, fc.boolean(), origin).map((all) => start(...all)),
        2,
      ),
      session.map(otherClient),
      ...often(
        fc.tuple(name, session).map((all) => end(...all)),
        5,
      ),
      session.map(access),
      steps.map(step),
      fc.constant(null).map(restart),
      fc.constant(null).map(save),
      fc.constant(null).map(fallBack),
    ],
    { maxCommands: 40, size: 'max' },
  )
}
