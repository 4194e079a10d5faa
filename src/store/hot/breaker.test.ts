import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createBreaker } from './breaker.ts'

// The breaker's own timers let a process end.
const alive = setInterval(() => undefined, 1000)
after(() => clearInterval(alive))

const never = () => new Promise<never>(() => undefined)
const turn = () => new Promise((resolve) => setImmediate(resolve))

function start(patienceMilliseconds = 20) {
  let now = 0
  const told: boolean[] = []
  const probes: { answer(): void; refuse(): void }[] = []
  const breaker = createBreaker({
    clock: { elapsed: () => now },
    probe: () =>
      new Promise<void>((resolve, reject) =>
        probes.push({ answer: resolve, refuse: () => reject(new Error('no')) }),
      ),
    changed: (isLate) => told.push(isLate),
    patienceMilliseconds,
    pauseMilliseconds: 1000,
  })
  return { breaker, told, probes, advance: (milliseconds: number) => (now += milliseconds) }
}

test('after one late answer nobody asks the server, until a probe beside the requests was answered', async () => {
  const { breaker, told, probes, advance } = start()
  assert.equal(await breaker.ask(async () => 'one'), 'one')
  // All that wait together are given up together, and it is told once.
  const waiting = await Promise.allSettled([breaker.ask(never), breaker.ask(never), breaker.ask(never)])
  assert.deepEqual(new Set(waiting.map(({ status }) => status)), new Set(['rejected']))
  assert.deepEqual([breaker.isLate, told], [true, [true]])
  const mustNotAsk = async () => assert.fail('asked all the same')
  await assert.rejects(breaker.ask(mustNotAsk), /is late/)
  assert.equal(probes.length, 0, 'the pause is not over')
  advance(1000)
  await assert.rejects(breaker.ask(mustNotAsk), /is late/)
  await assert.rejects(breaker.ask(mustNotAsk), /is late/)
  assert.equal(probes.length, 1, 'one probe at a time')
  probes[0]?.refuse()
  await turn()
  await assert.rejects(breaker.ask(mustNotAsk), /is late/)
  assert.equal(probes.length, 1, 'and one in a pause')
  advance(1000)
  await assert.rejects(breaker.ask(mustNotAsk), /is late/)
  probes[1]?.answer()
  await turn()
  assert.deepEqual([breaker.isLate, told], [false, [true, false]])
  assert.equal(await breaker.ask(async () => 'two'), 'two')
})

test('a probe that is late itself counts as none', async () => {
  const { breaker, told, probes, advance } = start()
  await assert.rejects(breaker.ask(never))
  advance(1000)
  while (probes.length < 2) {
    advance(1000)
    await assert.rejects(breaker.ask(never), /is late/)
    await turn()
  }
  probes[0]?.answer()
  await turn()
  assert.deepEqual([breaker.isLate, told], [true, [true]])
})

test('who refuses at once keeps nobody waiting, and is asked each time', async () => {
  const { breaker, told } = start()
  for (let count = 0; count < 3; count++) {
    await assert.rejects(
      breaker.ask(() => Promise.reject(new Error('away'))),
      /away/,
    )
  }
  assert.deepEqual([breaker.isLate, told], [false, []])
})

test('an answer that came while this process had no time to look is not late', async () => {
  // Of its own length: timers of one length end together, those that earlier tests have left first.
  const { breaker, told } = start(25)
  // It lies there in time, but as with a socket it is read after the timers were looked at.
  const answer = () =>
    new Promise<string>((resolve) => setTimeout(() => setImmediate(() => resolve('here')), 1))
  const asked = breaker.ask(answer)
  const busyUntil = performance.now() + 60
  while (performance.now() < busyUntil);
  assert.equal(await asked, 'here')
  assert.deepEqual(told, [])
})

test('an answer to what was given up already takes nobody else out of the watch', async () => {
  const { breaker, probes, advance } = start()
  let answerLate: () => void = () => undefined
  await assert.rejects(breaker.ask(() => new Promise<void>((resolve) => (answerLate = resolve))))
  advance(1000)
  await assert.rejects(breaker.ask(never), /is late/)
  probes[0]?.answer()
  await turn()
  const next = breaker.ask(never)
  answerLate()
  await assert.rejects(next, /no answer within/)
})
