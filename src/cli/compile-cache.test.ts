import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const home = mkdtempSync(join(tmpdir(), 'countersign-cache-'))
after(() => rmSync(home, { recursive: true, force: true }))

/** Runs a command that loads little but something; the files that Node kept. */
function keptIn(cacheHome: string): string[] {
  const env = { PATH: process.env.PATH, XDG_CACHE_HOME: cacheHome }
  const main = new URL('./main.ts', import.meta.url).pathname
  const said = execFileSync(process.execPath, [main, 'secret'], { env, encoding: 'utf8' })
  assert.match(said, /^[\w-]{43}\s*$/)
  const folder = join(cacheHome, 'countersign')
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

test('what was compiled is kept in a folder that is made for its owner alone', () => {
  const cacheHome = join(home, 'good')
  assert.notEqual(keptIn(cacheHome).length, 0)
  assert.equal(statSync(join(cacheHome, 'countersign')).mode & 0o777, 0o700)
})

test('nothing is read from or written to a folder that others can write to, or that is a link', (t) => {
  if (process.getuid === undefined) return t.skip('no owners here')
  const open = join(home, 'open')
  mkdirSync(join(open, 'countersign'), { recursive: true })
  chmodSync(join(open, 'countersign'), 0o777)
  assert.deepEqual(keptIn(open), [])

  const shared = join(home, 'shared')
  mkdirSync(join(shared, 'countersign'), { recursive: true })
  chmodSync(shared, 0o1777)
  assert.deepEqual(keptIn(shared), [])

  const linked = join(home, 'linked')
  const elsewhere = join(home, 'elsewhere')
  mkdirSync(linked)
  mkdirSync(elsewhere)
  symlinkSync(elsewhere, join(linked, 'countersign'))
  assert.deepEqual(keptIn(linked), [])
})

test('nothing is made in a folder that is not ours alone, or behind a link', (t) => {
  if (process.getuid === undefined) return t.skip('no owners here')
  const common = join(home, 'common')
  mkdirSync(common)
  chmodSync(common, 0o1777)
  const behind = join(home, 'behind')
  symlinkSync(common, behind)
  for (const place of [common, behind]) assert.deepEqual(keptIn(place), [])
  assert.deepEqual(readdirSync(common), [])
})

test('a command works where no such folder can be made', () => {
  assert.deepEqual(keptIn('/proc/nowhere'), [])
  assert.deepEqual(keptIn('/dev/null'), [])
})
