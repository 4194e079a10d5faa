import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testEnvironment } from './environment.ts'
import { chooseSuites, filesLoading } from './suites.ts'

function plant(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'countersign-tests-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const files = {
    'src/base/clock.ts': '',
    'src/base/clock.test.ts': "import './clock.ts'\n",
    'src/guard/guard.test.ts': '',
    'scripts/tidy/tidy.test.ts': '',
    'test/flows/login.test.ts': "import '../servers/any.ts'\n",
    'test/servers/any.ts': "import './redis.ts'\n",
    'test/servers/redis.ts': '',
    'test/long/torture.test.ts': '',
    'test/counts.ts': '',
    'test/store/race.test.ts': "import '../counts.ts'\n",
    'examples/hono/app.test.ts': '',
    'node_modules/x/x.test.ts': '',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const choose = (root: string, full: boolean, ...patterns: string[]) =>
  chooseSuites(root, { full, patterns }).map(({ files, isolation }) => [isolation, ...files])

test('tests beside the source share a process, the others get one each, the long ones wait', (t) => {
  assert.deepEqual(choose(plant(t), false), [
    ['none', 'src/base/clock.test.ts', 'src/guard/guard.test.ts', 'scripts/tidy/tidy.test.ts'],
    ['process', 'test/flows/login.test.ts', 'examples/hono/app.test.ts', 'test/store/race.test.ts'],
  ])
})

test('the full run is the long tests, and those that repeat by the counts of the run', (t) => {
  assert.deepEqual(choose(plant(t), true), [
    ['process', 'test/long/torture.test.ts', 'test/store/race.test.ts'],
  ])
})

test('patterns choose among all files, by a part of the path or by a glob', (t) => {
  const root = plant(t)
  assert.deepEqual(choose(root, false, 'guard'), [['none', 'src/guard/guard.test.ts']])
  assert.deepEqual(choose(root, false, './src/base/clock.test.ts'), [['none', 'src/base/clock.test.ts']])
  assert.deepEqual(choose(root, false, 'test/long', 'clock'), [
    ['none', 'src/base/clock.test.ts'],
    ['process', 'test/long/torture.test.ts'],
  ])
  assert.deepEqual(choose(root, false, 'test/*/*.test.ts'), [
    ['process', 'test/flows/login.test.ts', 'test/store/race.test.ts', 'test/long/torture.test.ts'],
  ])
  assert.deepEqual(choose(root, false, 'no-such-file'), [])
})

test('what a test loads is followed through other files', (t) => {
  const files = ['test/flows/login.test.ts', 'src/base/clock.test.ts']
  assert.deepEqual(filesLoading(plant(t), files, 'test/servers/redis.ts'), ['test/flows/login.test.ts'])
})

test('settings of the product in the environment of whoever runs the tests do not reach them', () => {
  const outside = {
    PATH: '/bin',
    HOME: '/home/ada',
    SECRET_KEY: 'x',
    SECRET_KEY_FILE: 'x',
    JWT_SECRET: 'x',
    PORT: '1',
  }
  assert.deepEqual(testEnvironment(outside, 'quick'), {
    PATH: '/bin',
    HOME: '/home/ada',
    COUNTERSIGN_TEST_COUNTS: 'quick',
  })
})
