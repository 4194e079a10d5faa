import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, promisify } from 'node:util'
import { type Clock, guardedClock } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { createHashQueue, type HashQueue, type HashQueueOptions } from './hashing.ts'

const clock = guardedClock()

/** A worker that does what the password says, so that a test can slow it, break it and look inside it. */
const puppet = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    const answer = (hash) => parentPort.postMessage({ kind: 'hash', hash })
    parentPort.on('message', ({ password }) => {
      if (password === 'exit') process.exit(3)
      if (password === 'throw') throw new Error('out of order')
      if (password === 'fail') return parentPort.postMessage({ kind: 'failed', errorName: 'RangeError' })
      if (password === 'environment') return answer(JSON.stringify(process.env))
      if (password === 'hang') return
      setTimeout(answer, Number(password), 'hashed ' + password)
    })
  `)}`,
)

async function withQueue(
  options: Partial<HashQueueOptions>,
  run: (queue: HashQueue) => Promise<void>,
): Promise<void> {
  const queue = createHashQueue({ clock, workers: 1, ...options })
  try {
    await run(queue)
  } finally {
    await queue.close()
  }
}

function isAuthError(code: string, check: (error: AuthError) => void = () => {}) {
  return (error: unknown) => {
    assert.ok(error instanceof AuthError, inspect(error))
    assert.equal(error.code, code)
    check(error)
    return true
  }
}

test('E4: a password is hashed with Argon2id and known again; no thread runs before the first', async () => {
  await withQueue({}, async (queue) => {
    assert.equal(queue.stats().startedThreads, 0)
    const stored = await queue.hash('correct horse battery')
    assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.deepEqual(await queue.verify('correct horse battery', stored), {
      matches: true,
      needsRehash: false,
    })
    assert.deepEqual(await queue.verify('correct horse batterz', stored), {
      matches: false,
      needsRehash: false,
    })
    assert.equal(queue.stats().startedThreads, 1)
  })
})

test('E6: an unknown name costs as many hashes as a wrong password, and the verdicts are equal', async () => {
  await withQueue({}, async (queue) => {
    const stored = await queue.hash('correct horse battery')
    const before = queue.stats().answered
    const unknown = await queue.verify('a wrong password', undefined)
    const between = queue.stats().answered
    const wrong = await queue.verify('a wrong password', stored)
    assert.deepEqual(unknown, wrong)
    assert.equal(between - before, queue.stats().answered - between)
  })
})

test('E10: past its bound the queue refuses at once with 503 and says when to come again', async () => {
  await withQueue({ workerUrl: puppet, maxQueued: 2 }, async (queue) => {
    const taken = [queue.hash('80'), queue.hash('1'), queue.hash('2')]
    assert.deepEqual([queue.stats().running, queue.stats().waiting], [1, 2])
    assert.throws(() => queue.assertRoom(), isAuthError('HASH_QUEUE_FULL'))
    const canary = 'canary-7f3a'
    await assert.rejects(
      queue.hash(canary),
      isAuthError('HASH_QUEUE_FULL', (error) => {
        assert.equal(error.refusal.status, 503)
        assert.ok((error.refusal.retryAfterSeconds ?? 0) >= 1)
        assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(canary))
      }),
    )
    await assert.rejects(queue.verify(canary, undefined), isAuthError('HASH_QUEUE_FULL'))
    assert.deepEqual(await Promise.all(taken), ['hashed 80', 'hashed 1', 'hashed 2'])
    assert.equal(queue.stats().refused, 3)
    queue.assertRoom()
    assert.equal(await queue.hash('3'), 'hashed 3')
  })
})

test('E10: what would wait longer than promised is refused, but never while a thread is free', async () => {
  let elapsed = 0
  const slowClock: Clock = { now: () => 0, elapsed: () => (elapsed += 30_000) }
  await withQueue({ workerUrl: puppet, clock: slowClock, maxWaitMilliseconds: 2000 }, async (queue) => {
    for (const _ of Array(5)) assert.equal(await queue.hash('1'), 'hashed 1') // each took "30 s"
    const running = queue.hash('30')
    await assert.rejects(
      queue.hash('1'),
      isAuthError('HASH_QUEUE_FULL', (error) => assert.ok((error.refusal.retryAfterSeconds ?? 0) > 2)),
    )
    await running
    assert.equal(await queue.hash('1'), 'hashed 1')
  })
})

test('E10: where strangers never stop waiting only few of them may, and all once nobody does; who is known keeps the whole bound', async () => {
  const time = { now: 0 }
  const stepped: Clock = { now: () => 0, elapsed: () => time.now }
  await withQueue({ workerUrl: puppet, clock: stepped, maxQueued: 16 }, async (queue) => {
    const line = Array.from({ length: 3 }, () => queue.hash('20'))
    time.now = 2000
    const burst = Array.from({ length: 14 }, () => queue.hash('1'))
    assert.deepEqual([queue.stats().waiting, queue.stats().refused], [16, 0])
    time.now = 2001
    await line[0]
    await assert.rejects(queue.hash('1'), isAuthError('HASH_QUEUE_FULL'))
    const known = queue.verify('1', undefined, { isKnown: true })
    await assert.rejects(known, isAuthError('INTERNAL'), 'taken: the puppet knows no verdicts')
    await Promise.all([...line, ...burst])
    assert.deepEqual([queue.stats().waiting, queue.stats().refused], [0, 1])

    const again = Array.from({ length: 17 }, () => queue.hash('1'))
    assert.equal(queue.stats().waiting, 16)
    await Promise.all(again)
    time.now = 10_000
    const later = [queue.hash('20'), queue.hash('1'), queue.hash('1'), queue.hash('1')]
    assert.deepEqual([queue.stats().waiting, queue.stats().refused], [3, 1])
    await Promise.all(later)
  })
})

test('E10: a clock that fails costs a password its answer, and nobody the thread', async () => {
  let calls = 0
  const failing: Clock = {
    now: clock.now,
    elapsed() {
      calls += 1
      if (calls <= 2) throw new Error('no time')
      return clock.elapsed()
    },
  }
  await withQueue({ clock: failing, workerUrl: puppet }, async (queue) => {
    await assert.rejects(queue.hash('0'))
    await assert.rejects(queue.hash('0'))
    assert.equal(await queue.hash('0'), 'hashed 0')
  })
})

test('E10: no more run at the same time than there are threads', async () => {
  await withQueue({ workerUrl: puppet, workers: 2 }, async (queue) => {
    const jobs = Array.from({ length: 8 }, () => queue.hash('5'))
    assert.deepEqual([queue.stats().running, queue.stats().waiting], [2, 6])
    await Promise.all(jobs)
    const { startedThreads, running, waiting, answered } = queue.stats()
    assert.deepEqual([startedThreads, running, waiting, answered], [2, 0, 0, 8])
  })
  assert.throws(() => createHashQueue({ clock, workers: 0 }), RangeError)
})

/** A clock and a thread that waits for a core for half of each hash. */
function crowded() {
  let elapsed = 0
  return {
    clock: { now: () => 0, elapsed: () => (elapsed += 40) },
    waitedForCore: () => elapsed / 2,
  }
}

test('E10: where the core is wanted strangers wait until a thread has rested, and whoever is known does not', async () => {
  await withQueue({ workerUrl: puppet, ...crowded() }, async (queue) => {
    const order: string[] = []
    const note = (hashed: string) => void order.push(hashed)
    const strangers = [queue.hash('1'), queue.hash('2')].map((hashed) => hashed.then(note))
    await strangers[0]
    const { running, waiting } = queue.stats()
    assert.deepEqual([running, waiting], [0, 1], 'the thread rests, and somebody waits')
    queue.assertRoom()
    const known = queue.verify('3', undefined, { isKnown: true }).catch(() => note('known'))
    assert.equal(queue.stats().running, 1)
    await Promise.all([...strangers, known])
    assert.deepEqual(order, ['hashed 1', 'known', 'hashed 2'])
  })
})

test('E10: whoever comes while nobody waits is taken, whatever passwords took before', async () => {
  let elapsed = 0
  const slow = { clock: { now: () => 0, elapsed: () => (elapsed += 30_000) }, waitedForCore: () => elapsed }
  await withQueue({ workerUrl: puppet, ...slow }, async (queue) => {
    for (const _ of Array(3)) assert.equal(await queue.hash('1'), 'hashed 1') // each took "30 s"
  })
})

test('E10: hashing runs at low priority, and everything else stays where it was', async (t) => {
  if (process.platform !== 'linux') return t.skip('priority belongs to a thread on Linux only')
  const mainThread = String(process.pid)
  const before = priorities()
  if ((before.get(mainThread) ?? 0) >= 10) return t.skip('the tests themselves run at low priority')
  await withQueue({}, async (queue) => {
    await queue.verify('whatever it is', undefined)
    const after = priorities()
    assert.ok([...after].some(([thread, priority]) => priority === 10 && !before.has(thread)))
    for (const [thread, priority] of before) assert.equal(after.get(thread) ?? priority, priority)
  })
})

/** The nice value of each thread of this process (proc(5), field 19 of stat). */
function priorities(): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      const facts = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ')[1]?.split(' ')
      found.set(thread, Number(facts?.[16]))
    } catch {
      // It ended meanwhile.
    }
  }
  return found
}

for (const [how, options] of [
  ['exit', {}],
  ['throw', {}],
  ['hang', { jobMilliseconds: 1000 }],
] as const) {
  test(`a worker lost by "${how}" fails its job only, and is replaced`, async () => {
    await withQueue({ workerUrl: puppet, ...options }, async (queue) => {
      const lost = assert.rejects(
        queue.hash(how),
        isAuthError('INTERNAL', (error) => assert.ok(error.cause instanceof Error)),
      )
      const others = [queue.hash('1'), queue.hash('2')]
      await lost
      assert.deepEqual(await Promise.all(others), ['hashed 1', 'hashed 2'])
      assert.equal(queue.stats().lost, 1)
    })
  })
}

test('a worker that cannot start fails each job, and nothing waits for ever', async () => {
  const workerUrl = new URL('./no-such-worker.ts', import.meta.url)
  await withQueue({ workerUrl }, async (queue) => {
    const jobs = Array.from({ length: 3 }, () => assert.rejects(queue.hash('x'), isAuthError('INTERNAL')))
    await Promise.all(jobs)
  })
})

test('an error inside the worker is told by its class alone', async () => {
  await withQueue({ workerUrl: puppet }, async (queue) => {
    await assert.rejects(
      queue.hash('fail'),
      isAuthError('INTERNAL', (error) => assert.equal(error.refusal.details.errorName, 'RangeError')),
    )
  })
  await withQueue({}, async (queue) => {
    const canary = 'canary-91ce\0'
    await assert.rejects(queue.hash(canary), (error) => {
      assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('canary'))
      return true
    })
  })
})

test('of the environment, where secrets live, the worker is given where compiled code lies and no more', async (t) => {
  const { NODE_COMPILE_CACHE: before } = process.env
  t.after(() => {
    if (before === undefined) delete process.env.NODE_COMPILE_CACHE
    else process.env.NODE_COMPILE_CACHE = before
  })
  const folder = before ?? join(tmpdir(), 'countersign-compiled')
  for (const [set, given] of [
    [undefined, {}],
    [folder, { NODE_COMPILE_CACHE: folder }],
  ] as const) {
    if (set === undefined) delete process.env.NODE_COMPILE_CACHE
    else process.env.NODE_COMPILE_CACHE = set
    await withQueue({ workerUrl: puppet }, async (queue) => {
      assert.equal(await queue.hash('environment'), JSON.stringify(given))
    })
  }
})

test('close finishes what was taken, takes no more, and may be called twice', async () => {
  const queue = createHashQueue({ clock, workers: 1, workerUrl: puppet })
  const taken = [queue.hash('30'), queue.hash('1')]
  const closed = [queue.close(), queue.close()]
  await assert.rejects(queue.hash('2'), isAuthError('SHUTTING_DOWN'))
  assert.deepEqual(await Promise.all(taken), ['hashed 30', 'hashed 1'])
  await Promise.all(closed)
  assert.equal(queue.stats().startedThreads, 0)
  const unused = createHashQueue({ clock })
  await unused.close()
})

test('a worker that is idle for long is ended, and another starts when needed', async () => {
  await withQueue({ workerUrl: puppet, idleMilliseconds: 5 }, async (queue) => {
    assert.equal(await queue.hash('1'), 'hashed 1')
    for (let tries = 0; queue.stats().startedThreads > 0 && tries < 6000; tries++) await sleep(10)
    assert.equal(queue.stats().startedThreads, 0)
    assert.equal(await queue.hash('2'), 'hashed 2')
  })
})

test('a process that has its hash exits by itself, and not before it has it', async () => {
  const program = `
    const { createHashQueue } = await import(${JSON.stringify(new URL('./hashing.ts', import.meta.url).href)})
    const queue = createHashQueue({ clock: { now: Date.now, elapsed: () => performance.now() } })
    queue.hash('correct horse battery').then((hash) => console.log(hash.slice(0, 9)))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 120_000,
  })
  assert.equal(stdout, '$argon2id\n')
})
