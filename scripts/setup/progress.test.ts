import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgress } from './progress.mjs'

function collect(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, write: (text: string) => written.push(text), text: () => written.join('') }
}

test('without a terminal: a line when it starts, a line when it ends, nothing else', async () => {
  const output = collect(false)
  assert.equal(await createProgress(output).during('building', async () => 'result'), 'result')
  assert.match(output.text(), /^building \.\.\.\nbuilding: done in \d+\.\d s\n$/)
})

test('on a terminal the running line is wiped before the last word', async () => {
  const output = collect(true)
  const progress = createProgress(output)
  await progress.during('building', () => new Promise((resolve) => setTimeout(resolve, 300)))
  assert.match(output.text(), /building \(\d+\.\d s\)/)
  const last = output.text().split('\r\u001b[2K').at(-1) ?? ''
  assert.match(last, /^building: done in \d+\.\d s\n$/)
})

test('a failure is passed on and never called done', async () => {
  const output = collect(false)
  const work = async () => {
    throw new Error('full disk')
  }
  await assert.rejects(createProgress(output).during('building', work), /full disk/)
  assert.match(output.text(), /failed after/)
  assert.doesNotMatch(output.text(), /done/)
})

test('several at once share one line on a terminal', async () => {
  const output = collect(true)
  const progress = createProgress(output)
  const pause = () => new Promise((resolve) => setTimeout(resolve, 300))
  await Promise.all([progress.during('fetching', pause), progress.during('installing', pause)])
  assert.match(output.text(), /fetching \(\d+\.\d s\), installing \(\d+\.\d s\)/)
})
