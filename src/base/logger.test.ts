import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consoleLogger, type LogLevel } from './logger.ts'

function written(level: LogLevel, t: { mock: { method: typeof import('node:test').mock.method } }): string[] {
  const said = t.mock.method(console, 'error', () => undefined)
  const logger = consoleLogger(level)
  for (const one of ['debug', 'info', 'warn', 'error'] as const) logger[one]({ at: one }, `said at ${one}`)
  const lines = said.mock.calls.map(({ arguments: [text] }) => String(text))
  said.mock.restore()
  return lines
}

test('without a logger of one’s own lines go to standard error, from the level on that is set', (t) => {
  assert.deepEqual(written('silent', t), [])
  assert.deepEqual(written('error', t), ['countersign: said at error'])
  assert.deepEqual(written('info', t), [
    'countersign: said at info',
    'countersign: said at warn',
    'countersign: said at error',
  ])
  assert.equal(written('debug', t).length, 4)
})

test('a flood of lines is cut to a few a second, and says how many there were', (t) => {
  const said = t.mock.method(console, 'error', () => undefined)
  let elapsed = 5000
  const logger = consoleLogger('info', () => elapsed)
  for (let line = 0; line < 1000; line++) logger.warn({}, 'refused')
  assert.equal(said.mock.callCount(), 10)
  elapsed += 1000
  logger.warn({}, 'the next')
  assert.deepEqual(
    said.mock.calls.slice(10).map(({ arguments: [text] }) => text),
    ['countersign: … and 990 more lines', 'countersign: the next'],
  )
})
