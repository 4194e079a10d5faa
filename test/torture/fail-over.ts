import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { claimsOf, startIssuer, type TestIssuer, type Tokens, tokensOf } from '../flows/issuer.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { patient, run } from '../store/postgres-place.ts'
import { judgeRecovery } from './recovery-bound.ts'
import type { Attempt, Torture } from './torture.ts'

const PATIENCE_MILLISECONDS = 120_000
const NEW_PASSWORD = 'another long password'

/** The server as it was, to be put in the place of the one that is. */
interface EarlierServer {
  takeOver(): Promise<void>
}

/** Stops the server for a moment and copies what it has on its disk. */
async function keepCopy(postgres: PrivatePostgres): Promise<EarlierServer> {
  const data = join(postgres.folder, 'data')
  const copy = join(postgres.folder, 'earlier')
  await postgres.kill()
  rmSync(copy, { recursive: true, force: true })
  // With owners, for the server runs as somebody else.
  execFileSync('cp', ['-a', data, copy])
  await postgres.start()
  return {
    async takeOver() {
      await postgres.kill()
      rmSync(data, { recursive: true, force: true })
      execFileSync('cp', ['-a', copy, data])
      await postgres.start()
    },
  }
}

/** Asks until the answer is one of these; the last answer in any case. */
async function until(
  statuses: readonly number[],
  work: () => Promise<{ readonly status: number }>,
): Promise<number> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const { status } = await work()
    if (statuses.includes(status) || performance.now() > late) return status
    await pause(50)
  }
}

interface People {
  /** Signs out after the copy was made. */
  readonly gone: Tokens
  /** Whose password changes after it. */
  readonly changed: Tokens
  readonly changedId: string
  /** Refreshes after it. */
  readonly ahead: Tokens
}

async function oneFailOver(attempt: Attempt, postgres: PrivatePostgres, number: number): Promise<void> {
  const wrong = (text: string): void => attempt.violation(text)
  await run(postgres.url, `CREATE DATABASE fail_over_${number}`)
  const start = () => {
    const store = patient({ url: postgres.urlOf(`fail_over_${number}`) })
    return startIssuer({ store, rateLimits: 'off' })
  }
  const nodes = await Promise.all([start(), start()])
  const [one, two] = nodes
  try {
    const gone = await one.signUp('gone')
    const changed = await one.signUp('changed')
    const changedId = String(claimsOf(changed.access).sub)
    let ahead = await one.signUp('ahead')
    const people: People = { gone, changed, changedId, ahead }
    const earlier = await keepCopy(postgres)
    // Connections from before it was copied are found dead first.
    for (const node of nodes) {
      if ((await until([200], () => node.call('GET', '/readyz'))) !== 200) wrong('not ready again')
    }

    // Each of these is confirmed, and then lost.
    if ((await until([204], () => one.call('POST', '/logout', { token: gone.access }))) !== 204)
      wrong('no sign-out')
    await one.auth.users.setPassword(changedId, NEW_PASSWORD)
    for (let turn = 0; turn < 3; turn += 1) ahead = tokensOf(await two.refresh(ahead.refresh))
    for (const { access } of [gone, changed]) {
      if ((await until([401], () => two.me(access))) !== 401) wrong('the other node never heard of it')
    }
    await earlier.takeOver()
    const over = performance.now()
    await judgeMemory(nodes, people, wrong)
    const recovered = (what: string): void => {
      const milliseconds = performance.now() - over
      attempt.noteLargest(`${what} (ms)`, milliseconds)
      judgeRecovery(attempt, attempt.isTimed, { what, milliseconds })
    }
    recovered('refusing with the database again')

    // Written back, also a process that starts now knows.
    const rolledBack = async () => {
      const events = await one.auth.events.list({ name: 'store.rolled_back', limit: 5 })
      return { status: events.length }
    }
    if ((await until([1, 2, 3, 4, 5], rolledBack)) === 0) wrong('nothing was written back')
    recovered('written back')
    const third = await start()
    nodes.push(third)
    await judgeNewcomer(third, { ...people, ahead }, wrong)
    attempt.note('fail-overs')
  } finally {
    for (const node of nodes) await node.close()
  }
}

/** As long as one process remembers, nothing that ended works there, not for a moment. */
async function judgeMemory(
  nodes: readonly TestIssuer[],
  { gone, changed }: People,
  wrong: (text: string) => void,
): Promise<void> {
  for (const node of nodes) {
    for (const { access, refresh } of [gone, changed]) {
      if ((await node.me(access)).status === 200) wrong('an access token that ended works again')
      if ((await until([400, 200], () => node.refresh(refresh))) !== 400)
        wrong('a session that ended refreshes again')
    }
  }
}

async function judgeNewcomer(
  node: TestIssuer,
  { gone, changed, ahead }: People,
  wrong: (text: string) => void,
): Promise<void> {
  for (const { access, refresh } of [gone, changed]) {
    if ((await node.me(access)).status !== 401) wrong('a new process lets in what had ended')
    if ((await node.refresh(refresh)).status !== 400) wrong('a new process refreshes what had ended')
  }
  const next = await node.refresh(ahead.refresh)
  if (next.status !== 200) wrong(`an honest client is signed out by the fail-over: ${next.text}`)
  const events = await node.auth.events.list({ name: 'session.ahead', limit: 5 })
  if (events.length !== 1) wrong(`${events.length} events tell of the token ahead of its row`)
}

export const failOver: Torture = {
  name: 'fail-over',
  title:
    'G-15, PROTOCOL 2.4: a server that lost the last commits takes over: what ended stays ended, and is written back',
  counts: { quick: 1, full: 5, long: 50 },
  async run(attempt) {
    // Commits are written when they are answered, for the server is killed; that they reach the disk is not needed.
    const postgres = await startPostgres({ settings: { synchronous_commit: 'on' } })
    try {
      for (let number = 0; number < attempt.count; number += 1) {
        await oneFailOver(attempt, postgres, number)
        attempt.progress(number + 1)
      }
    } finally {
      await postgres.stop()
    }
  },
}
