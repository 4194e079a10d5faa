import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { createFeedBench, sessionEntry } from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'
import { createFeedAnswers } from './feed-answers.ts'
import type { FeedDocument } from './feed-document.ts'

test('with many waiting, further verifiers are answered at once and pace themselves; whoever is answered makes room', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const { clock, schedule } = bench.hand
  let listening = 0
  const feed: typeof bench.feed = {
    ...bench.feed,
    onNews(listener) {
      const forget = bench.feed.onNews(listener)
      listening++
      return () => {
        listening--
        forget()
      }
    },
  }
  const answers = createFeedAnswers({ revocations: bench.database, feed, clock, schedule, mostWaiting: 2 })
  const { cursor } = await bench.database.pull()
  const question = { nonce: 'n', cursor, waitMilliseconds: 1000, census: false }
  let answered = 0
  for (let round = 0; round < 2; round++) {
    answered = 0
    const waiting = [1, 2].map(() => answers.answer(question).then(() => answered++))
    await settle()
    assert.equal(answered, 0)
    await answers.answer(question)
    await bench.hand.pass(1000)
    await Promise.all(waiting)
  }
  const abort = new AbortController()
  const left = answers.answer(question, abort.signal)
  await settle()
  abort.abort()
  await left
  assert.equal(listening, 1, 'its own')
  const stays = new AbortController()
  const late = answers.answer(question, stays.signal)
  await bench.hand.pass(1000)
  await late
  assert.deepEqual(getEventListeners(stays.signal, 'abort'), [])
  await bench.feed.stop()
  assert.equal(bench.hand.timers, 0)
})

test('everything, and a census, are answered at once, also where there is nothing to tell', async () => {
  const bench = createFeedBench()
  const { clock, schedule } = bench.hand
  const answers = createFeedAnswers({ revocations: bench.database, feed: bench.feed, clock, schedule })
  const { cursor } = await bench.database.pull()
  for (const question of [
    { cursor: undefined, census: false },
    { cursor, census: true },
  ]) {
    const document = await answers.answer({ nonce: 'n', waitMilliseconds: 1000, ...question })
    assert.deepEqual([document.complete, document.entries], [question.cursor === undefined, []])
  }
  assert.equal(bench.hand.timers, 0)
})

test('PROTOCOL 2.2: an answer is as old as the question to the database, however long that took', async () => {
  const bench = createFeedBench()
  const { clock, schedule, pass } = bench.hand
  const revocations = {
    async pull() {
      const answer = await bench.database.pull()
      await new Promise<void>((resolve) => schedule(resolve, 1234))
      return answer
    },
  }
  const answers = createFeedAnswers({ revocations, feed: bench.feed, clock, schedule })
  const answer = answers.answer({ nonce: 'n', cursor: undefined, waitMilliseconds: 0, census: false })
  await pass(1234)
  assert.equal((await answer).age, 1.234)
})

test('news that a verifier has already does not end its waiting, and news that comes while the database is asked does', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const { clock, schedule } = bench.hand
  const answers = createFeedAnswers({ revocations: bench.database, feed: bench.feed, clock, schedule })
  bench.database.write(sessionEntry(1))
  const { cursor } = await bench.database.pull()
  const question = { nonce: 'n', cursor, waitMilliseconds: 1500, census: false }
  const documents: FeedDocument[] = []
  const asking = answers.answer(question).then((answer) => documents.push(answer))
  await settle()
  // To the node itself it is news; the verifier has it from another one.
  await bench.feed.pullNow()
  await bench.hand.pass(1000)
  assert.equal(documents.length, 0)
  await bench.hand.pass(500)
  await asking
  const [document] = documents
  assert.deepEqual(document?.entries, [])

  const held = Promise.withResolvers<void>()
  const slow = createFeedAnswers({
    revocations: {
      async pull(...asked) {
        const answer = await bench.database.pull(...asked)
        await held.promise
        return answer
      },
    },
    feed: bench.feed,
    clock,
    schedule,
  })
  const late = slow.answer({ ...question, cursor: document?.cursor })
  await settle()
  // The answer under way does not have it, and the node hears of it before that answer is there.
  bench.database.write(sessionEntry(2))
  await bench.feed.pullNow()
  held.resolve()
  assert.equal((await late).entries.length, 1)
  await bench.feed.stop()
})
