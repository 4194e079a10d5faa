import assert from 'node:assert/strict'
import { chmod, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith, problemsOf, refused } from '../../test/config/config-folder.ts'
import { systemRandom } from '../base/random.ts'
import { type LoadPlace, loadConfig } from './load.ts'
import { SECRET_NAMES } from './offer.ts'
import { newSecretKey } from './secret-key.ts'
import { entryOf, SETTING_NAMES } from './settings.ts'

const key = newSecretKey(systemRandom)
const otherKey = newSecretKey(systemRandom)

test('only secrets come from a file', async (t) => {
  await refused(
    { cwd: await folderWith(t, { '.env': 'PORT_FILE=./port\n' }), env: {} },
    /PORT_FILE is not read: only secrets/,
  )
})

test('G-8: a secret comes from a file, without the newline at its end', async (t) => {
  for (const text of [key, `${key}\n`, `${key}\r\n`]) {
    const cwd = await folderWith(t, { key: text })
    for (const path of ['key', './key', join(cwd, 'key')]) {
      const { settings, origins } = await loadConfig({
        cwd,
        env: { SECRET_KEY_FILE: path, NODE_ENV: 'production' },
      })
      assert.equal(settings.secretKey[0]?.reveal(), key)
      assert.equal(origins.secretKey, `file ${path}, environment SECRET_KEY_FILE`)
    }
  }
  const cwd = await folderWith(t, { '.env': 'DATABASE_URL_FILE=url\n', url: 'sqlite:./secret.db\n' })
  assert.equal((await loadConfig({ cwd, env: {} })).settings.databaseUrl.reveal(), 'sqlite:./secret.db')
})

test('G-8: a file that cannot be trusted or read stops the start', async (t) => {
  const cwd = await folderWith(t, { key, open: key, empty: '', large: 'x'.repeat(70_000) })
  await mkdir(join(cwd, 'folder'))
  const at = (SECRET_KEY_FILE: string): LoadPlace => ({
    cwd,
    env: { SECRET_KEY_FILE, NODE_ENV: 'production' },
  })
  await refused(at('missing'), /^ {2}secretKey does not exist \(file missing, environment SECRET_KEY_FILE\)$/)
  await refused(at('folder'), /secretKey is not a file/)
  await refused(at('/dev/zero'), /secretKey is not a file/)
  await refused(at('large'), /secretKey is larger than/)
  await refused(at('empty'), /secretKey is empty/)
  await refused(at('key/key'), /secretKey cannot be used: ENOTDIR/)
  await refused(at(''), /secretKey is empty: give it/)
  await refused({ cwd, env: { SECRET_KEY_FILE: 'key', SECRET_KEY: key } }, /secretKey is given twice/)
})

test('G-8: a secret file that everybody can read or change is refused in both modes', async (t) => {
  if (process.platform === 'win32') return t.skip('files have no such mode on Windows')
  const cwd = await folderWith(t, { key })
  for (const mode of [0o644, 0o604, 0o602, 0o666, 0o777]) {
    await chmod(join(cwd, 'key'), mode)
    for (const NODE_ENV of ['production', undefined]) {
      await refused(
        { cwd, env: { SECRET_KEY_FILE: 'key', NODE_ENV } },
        /secretKey can be read or changed by everybody/,
      )
    }
  }
  await symlink(join(cwd, 'key'), join(cwd, 'link'))
  await refused({ cwd, env: { SECRET_KEY_FILE: 'link' } }, /secretKey can be read or changed by everybody/)
  for (const mode of [0o600, 0o400, 0o640]) {
    await chmod(join(cwd, 'key'), mode)
    assert.deepEqual(await problemsOf({ cwd, env: { SECRET_KEY_FILE: 'key' } }), [])
  }
})

test('G-8: production refuses a .env with secrets that everybody can read', async (t) => {
  if (process.platform === 'win32') return t.skip('files have no such mode on Windows')
  const production = { NODE_ENV: 'production' }
  const cwd = await folderWith(t, { '.env': `SECRET_KEY=${key}\n` })
  assert.deepEqual(await problemsOf({ cwd, env: production }), [])
  await chmod(join(cwd, '.env'), 0o644)
  await refused({ cwd, env: production }, /^ {2}\.env holds secrets, and everybody/)
  assert.deepEqual(await problemsOf({ cwd, env: {} }), [])
  assert.deepEqual(
    await problemsOf({ cwd, env: { ...production, SECRET_KEY: otherKey } }),
    [],
    'it is not used',
  )
  const harmless = await folderWith(t, { '.env': 'PORT=9000\nDATABASE_URL=sqlite:./a.db\n' })
  await chmod(join(harmless, '.env'), 0o644)
  assert.deepEqual(await problemsOf({ cwd: harmless, env: { ...production, SECRET_KEY: key } }), [])
})

test('a function in the file fetches a secret, and sees what .env adds', async (t) => {
  const cwd = await folderWith(t, {
    '.env': `VAULT_TOKEN=${key}\n`,
    'countersign.config.mjs': `export default {
      secretKey: async ({ env, signal }) => [env.VAULT_TOKEN, signal.aborted ? '' : '${otherKey}'],
      databaseUrl: () => 'sqlite:./fetched.db',
      hooks: { before: {} },
      claims: () => ({}),
    }`,
  })
  const { settings, origins, options } = await loadConfig({ cwd, env: {} })
  assert.deepEqual(
    settings.secretKey.map((secret) => secret.reveal()),
    [key, otherKey],
  )
  assert.equal(settings.databaseUrl.reveal(), 'sqlite:./fetched.db')
  assert.equal(origins.secretKey, 'function in countersign.config.mjs')
  assert.deepEqual(Object.keys(options).sort(), ['claims', 'databaseUrl', 'hooks', 'secretKey'])
  assert.equal(typeof options.claims, 'function')
})

test('every secret setting may be a function, by its type too, and no other', () => {
  const secret = SETTING_NAMES.filter((name) => entryOf(name).secret)
  assert.deepEqual([...SECRET_NAMES].sort(), secret.toSorted())
})

test('a function is not asked where a stronger source gives the secret', async (t) => {
  const cwd = await folderWith(t, {
    'countersign.config.mjs': `export default { secretKey: () => { throw new Error('asked') } }`,
  })
  assert.deepEqual(await problemsOf({ cwd, env: { SECRET_KEY: key } }), [])
  await refused(
    { cwd, env: {} },
    /^ {2}secretKey cannot be fetched: asked \(function in countersign\.config\.mjs\)$/,
  )
})

test('G-6: a function that fails, gives nonsense or takes too long stops the start and tells no secret', async (t) => {
  const load = async (body: string): Promise<LoadPlace> => ({
    cwd: await folderWith(t, { 'countersign.config.mjs': `export default { secretKey: ${body} }` }),
    env: {},
    limitSeconds: 0.05,
  })
  await refused(
    await load(`() => new Promise(() => {})`),
    /secretKey cannot be fetched: took longer than 0\.05 seconds/,
  )
  await refused(
    await load(`({ signal }) => new Promise((_, no) => { signal.onabort = () => no(signal.reason) })`),
    /took longer/,
  )
  await refused(await load(`async () => undefined`), /secretKey must be a text or a list of texts/)
  await refused(await load(`async () => 'secret'`), /secretKey is printed in public/)
  await refused(await load(`async () => ''`), /secretKey is empty/)
  await refused(await load(`async () => []`), /secretKey is empty/)
  await refused(
    await load(`async () => { throw 'text' }`),
    /secretKey cannot be fetched: failed with something/,
  )
  const leaks = [
    `() => fetch('http://u:canary@h:x/')`,
    `() => fetch('http://127.0.0.1:1/', { headers: { 'X-Token': 'canary\\n\\u0000' } })`,
    `async () => JSON.parse('canary, which is no JSON')`,
    `async () => new URL('//u:canary@')`,
    `async () => { throw new Error('postgres://u:pass/canary@2@h/x does not answer') }`,
    `async () => { throw new Error('this is no key: canary_${key.slice(7)}') }`,
  ]
  for (const body of leaks) {
    const [problem = ''] = await problemsOf(await load(body))
    assert.match(problem, /secretKey cannot be fetched: \S/)
    assert.ok(!problem.includes('canary'), problem)
  }
})

test('G-8: a secret cannot stand in the file as text', async (t) => {
  const load = async (options: string): Promise<LoadPlace> => ({
    cwd: await folderWith(t, { 'countersign.config.mjs': `export default ${options}` }),
    env: {},
  })
  await refused(await load(`{ secretKey: '${key}' }`), /secretKey stands in the file as text/)
  await refused(await load(`{ secretKey: ['${key}'] }`), /secretKey stands in the file as text/)
  for (const url of ['postgres://u:p@h/d', 'postgres://h/d?password=p']) {
    await refused(await load(`{ databaseUrl: '${url}' }`), /databaseUrl stands in the file as text/)
  }
  await refused(
    await load(`{ alertUrl: 'https://hooks.example.com/T0/B0/x' }`),
    /alertUrl stands in the file as text/,
  )
  assert.deepEqual(await problemsOf(await load(`{ databaseUrl: 'sqlite:./a.db' }`)), [])
  assert.deepEqual(await problemsOf(await load(`{ secretKey: undefined }`)), [])
})
