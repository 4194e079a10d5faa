import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { developmentKeys, keysFor } from './development-keys.ts'
import { Secret } from './secret.ts'
import { newSecretKey } from './secret-key.ts'

/** A folder name that is free, in a fresh folder. */
function freeFolder(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'keys-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'data')
}

function revealed(keys: readonly Secret[]): string[] {
  return keys.map((key) => key.reveal())
}

test('A15: the first start in development makes a key for its user only, later ones use it', (t) => {
  const folder = freeFolder(t)
  const first = developmentKeys(folder, systemRandom)
  assert.equal(first.made, true)
  assert.equal(first.path, join(folder, 'secret-key'))
  assert.match(readFileSync(first.path, 'utf8'), /^[\w-]{43}\n$/)
  if (process.platform !== 'win32') {
    assert.equal(statSync(first.path).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  }
  const second = developmentKeys(folder, systemRandom)
  assert.equal(second.made, false)
  assert.deepEqual(revealed(second.keys), revealed(first.keys))
  assert.deepEqual(readdirSync(folder).sort(), ['.gitignore', 'secret-key'])
})

test('a folder that was there keeps what git knows of it', (t) => {
  const folder = freeFolder(t)
  mkdirSync(folder)
  developmentKeys(folder, systemRandom)
  assert.deepEqual(readdirSync(folder), ['secret-key'])
})

test('configured keys come first, and production makes none', (t) => {
  const folder = freeFolder(t)
  const configured = { secretKey: [new Secret(newSecretKey(systemRandom), () => '')] }
  assert.equal(keysFor(configured, 'development', systemRandom, folder), configured.secretKey)
  assert.deepEqual(keysFor({ secretKey: [] }, 'production', systemRandom, folder), [])
  assert.ok(!existsSync(folder))
  assert.equal(keysFor({ secretKey: [] }, 'development', systemRandom, folder).length, 1)
})

test('a key that was written by hand is checked like any other', (t) => {
  const folder = freeFolder(t)
  const { path } = developmentKeys(folder, systemRandom)
  const keys = [newSecretKey(systemRandom), newSecretKey(systemRandom)]
  writeFileSync(path, keys.join(','))
  assert.deepEqual(revealed(developmentKeys(folder, systemRandom).keys), keys)
  for (const content of ['', '\n', 'secret\n', 'a'.repeat(43), keys[0]?.slice(1) ?? '']) {
    writeFileSync(path, content)
    assert.throws(
      () => developmentKeys(folder, systemRandom),
      /secretKey .*delete the file.*secret-key/,
      content,
    )
    assert.equal(readFileSync(path, 'utf8'), content, 'it is never overwritten')
  }
})

test('G-8: a key that everybody can read or change is refused', (t) => {
  if (process.platform === 'win32') return t.skip('files have no such mode on Windows')
  const folder = freeFolder(t)
  const { path } = developmentKeys(folder, systemRandom)
  for (const mode of [0o644, 0o602, 0o666]) {
    chmodSync(path, mode)
    assert.throws(
      () => developmentKeys(folder, systemRandom),
      /secretKey can be read or changed by everybody/,
    )
  }
})

test('a place where no key can be made is one plain problem', (t) => {
  const folder = freeFolder(t)
  writeFileSync(folder, 'a file where the folder should be')
  assert.throws(() => developmentKeys(folder, systemRandom), /secretKey cannot be used: (ENOTDIR|EEXIST)/)
  rmSync(folder)
  mkdirSync(join(folder, 'secret-key'), { recursive: true })
  assert.throws(() => developmentKeys(folder, systemRandom), /secretKey is not a file/)
})

test('processes that start at once end with one key', async (t) => {
  const folder = freeFolder(t)
  const module = new URL('./development-keys.ts', import.meta.url).href
  const random = new URL('../base/random.ts', import.meta.url).href
  // Each says when it is ready and goes when told, so that they do meet.
  const program = `
    import { developmentKeys } from ${JSON.stringify(module)}
    import { systemRandom } from ${JSON.stringify(random)}
    process.stdout.write('ready ')
    process.stdin.once('data', () => {
      const { keys, made } = developmentKeys(${JSON.stringify(folder)}, systemRandom)
      process.stdout.write(keys[0].reveal() + ' ' + made)
      process.exit()
    })`
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 30_000,
    }),
  )
  const outputs = children.map((child) => text(child.stdout))
  await Promise.all(children.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))))
  for (const child of children) child.stdin.write('go')
  const said = (await Promise.all(outputs)).map((output) => output.split(' '))
  assert.equal(new Set(said.map(([, key]) => key)).size, 1, JSON.stringify(said))
  assert.equal(said.filter(([, , made]) => made === 'true').length, 1)
  assert.deepEqual(readdirSync(folder).sort(), ['.gitignore', 'secret-key'])
})
