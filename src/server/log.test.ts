import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import type { LogLevel } from '../base/logger.ts'
import { createLogger } from './log.ts'

function logTo(level: LogLevel, forPeople: boolean) {
  let text = ''
  const out = new Writable({
    write(chunk, _, done) {
      text += chunk
      done()
    },
  })
  return { logger: createLogger(level, forPeople, out), text: () => text }
}

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
const FORGED = 'alice\r\n{"level":"info","msg":"admin signed in"}\u001b[2K\u0000\u0007\u2028'

test('G-7: one entry is one line of JSON, whatever control characters stand in its values, names and message', () => {
  const { logger, text } = logTo('info', false)
  logger.info({ path: FORGED, [FORGED]: 1, nested: { agent: FORGED } }, FORGED)
  logger.error({ err: new Error(FORGED) }, 'failed')
  const lines = text().split('\n')
  assert.equal(lines.length, 3)
  assert.equal(lines[2], '')
  assert.doesNotMatch(text().replaceAll('\n', ''), /\p{Cc}/u)
  const [entry] = lines.map((line) => JSON.parse(line || '{}'))
  assert.equal(entry.path, FORGED)
  assert.equal(entry.level, 'info')
  assert.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('G-7: on a terminal too, an entry is one line and moves no cursor', () => {
  const { logger, text } = logTo('info', true)
  logger.warn({ path: FORGED, agent: FORGED }, FORGED)
  assert.equal(text().split('\n').length, 2)
  const withoutOurColours = text().replaceAll(COLOUR, '').replaceAll('\n', '')
  assert.doesNotMatch(withoutOurColours, /\p{Cc}/u)
})

test('G-6: what stands under the name of a secret is not written', () => {
  for (const forPeople of [false, true]) {
    const { logger, text } = logTo('info', forPeople)
    const secrets = { password: 'canary', token: 'canary', authorization: 'canary', cookie: 'canary' }
    logger.info({ ...secrets, request: secrets }, 'a mistake')
    assert.ok(!text().includes('canary'))
    assert.match(text(), /\[redacted\]/)
  }
})

test('lines below the level are not written', () => {
  const { logger, text } = logTo('warn', false)
  logger.info({}, 'nothing')
  assert.equal(text(), '')
})

test('a log that nobody can write, as on a disk that is full, neither ends the process nor keeps it', (t) => {
  if (!existsSync('/dev/full')) return t.skip('no /dev/full here')
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { write } from 'node:fs'
      const { createLogger } = await import(${JSON.stringify(new URL('log.ts', import.meta.url).href)})
      const logger = createLogger('info')
      for (let line = 0; line < 3; line += 1) {
        logger.info({ line }, 'lost')
        await new Promise((done) => write(1, 'lost too', done))
      }
      process.exit(5)`,
    ],
    { stdio: ['ignore', full, 'pipe'], timeout: 20_000, killSignal: 'SIGKILL', encoding: 'utf8' },
  )
  closeSync(full)
  assert.equal(status, 5, stderr)
})
