import assert from 'node:assert/strict'
import fc from 'fast-check'
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

/** A command on one of the sessions there are, if there is one. */
function onSession(
  title: string,
  number: number,
  run: (world: World, subject: Subject, session: number, holder: Holder) => Promise<void>,
): Command {
  return command(`${title}(${number})`, async (world, subject) => {
    const found = world.pick(number)
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
  if (!wasEnded && holder.oracle.ended) {
    holder.endedAt = now
    world.note('reuse')
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

function signOut(number: number): Command {
  return onSession('sign out', number, async (world, subject, session, holder) => {
    await subject.signOut(session, holder.held)
    world.end(session, subject.now())
    assert.equal(await subject.accepts(session), false, 'at the very next request')
  })
}

function changePassword(number: number): Command {
  return onSession('change password', number, async (world, subject, session, { user, oracle }) => {
    const isAlive = !oracle.ended
    world.voids.set(user, { at: subject.now() })
    await subject.changePassword(user, isAlive ? session : undefined)
    for (const [other, holder] of world.sessions) {
      if (holder.user === user && other !== session) world.end(other, subject.now())
    }
    world.note('password changes')
  })
}

function endAll(user: number): Command {
  return command(`end all(${user})`, async (world, subject) => {
    await subject.endAll(user)
    world.voids.set(user, { at: subject.now() })
    for (const [session, holder] of world.sessions) {
      if (holder.user === user) world.end(session, subject.now())
    }
  })
}

function start(user: number): Command {
  return command(`start(${user})`, async (world, subject) => {
    if (world.sessions.size >= MOST_SESSIONS) return
    await subject.start(world.begin(user, subject), user)
  })
}

function access(number: number): Command {
  return onSession('access', number, async (_, subject, session, { oracle }) => {
    // A live one may be refused: past its end, or where knowledge is too old. An ended one never passes.
    if (oracle.ended) assert.equal(await subject.accepts(session), false)
    else await subject.accepts(session)
  })
}

function pass(milliseconds: number): Command {
  return command(`pass(${milliseconds})`, async (world, subject) => {
    const before = subject.now()
    subject.pass(milliseconds)
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
    // While a clock that was set back stands still, it goes on departing from the one that cannot be set.
    const standsStill = subject.now() !== subject.wall()
    if (!standsStill) world.unsureFor = Math.min(world.unsureFor, 2 * subject.limits.windowMilliseconds)
    world.stepUnseen = false
    world.stoodStillFor = 0
  })
}

function restart(): Command {
  return command('restart', async (world, subject) => {
    await subject.restart()
    world.note('restarts')
    // A new process cannot know that a clock was set before it began.
    world.stepUnseen = false
    world.stoodStillFor = 0
    if (subject.now() === subject.wall()) world.unsureFor = 0
  })
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
    for (const [session, holder] of [...world.sessions]) {
      const former = saved.oracles.get(session)
      if (former === undefined) {
        // The commit of the sign-in itself cannot be healed.
        world.retire(session)
        continue
      }
      const { ended } = holder.oracle
      const isRemembered = holder.endedAt !== undefined && now - holder.endedAt < REMEMBERED_MILLISECONDS
      // The session that was kept ends with the others: the user's entry does not name it, and its row fell back.
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
  })
}

/** Histories that model and issuer once disagreed about: each run plays them first. */
export const disagreements: readonly (readonly Command[])[] = [
  // Twenty seconds later it is reuse, though the clock was set back and right again in between.
  [step(-HOUR), replay(1, 0), pass(20 * SECOND), step(HOUR), refresh(1, false, false)],
  // Nobody can know how late it is when the clock was set ahead, and nobody has asked since.
  [replay(1, 0), step(HOUR), refresh(1, false, false)],
  [step(-HOUR), replay(1, 0), pass(5 * SECOND), pull(), step(HOUR), refresh(1, false, false)],
]

const session = fc.nat(MOST_SESSIONS - 1)
const user = fc.nat(USERS - 1)

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
      user.map(start),
      session.map(otherClient),
      session.map(signOut),
      session.map(changePassword),
      user.map(endAll),
      session.map(access),
      steps.map(step),
      fc.constant(null).map(restart),
      fc.constant(null).map(save),
      fc.constant(null).map(fallBack),
    ],
    { maxCommands: 40, size: 'max' },
  )
}
