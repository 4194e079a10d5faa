import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { ConfigError } from './config-error.ts'
import { type LoadPlace, loadConfig } from './load.ts'
import { SECRET_NAMES } from './offer.ts'
import { newSecretKey } from './secret-key.ts'
import { entryOf, SETTING_NAMES } from './settings.ts'

const key = newSecretKey(systemRandom)
const otherKey = newSecretKey(systemRandom)

/** A fresh folder with these files, readable by this user only. */
async function folderWith(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'config-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  return folder
}

/** The problems of a load, each as people read it. */
async function problemsOf(place: LoadPlace): Promise<string[]> {
  try {
    await loadConfig(place)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.split('\n').slice(1)
  }
}

/** Asserts that a load has exactly one problem, like this. */
async function refused(place: LoadPlace, pattern: RegExp): Promise<void> {
  const problems = await problemsOf(place)
  assert.equal(problems.length, 1, problems.join('\n'))
  assert.match(problems[0] ?? '', pattern)
}

test('an empty folder and an empty environment will do', async (t) => {
  const { settings, mode, options, warnings } = await loadConfig({ cwd: await folderWith(t), env: {} })
  assert.equal(mode, 'development')
  assert.equal(settings.port, 8000)
  assert.deepEqual(options, {})
  assert.deepEqual(warnings, [])
})

test('environment before .env before file before default, and each value knows its origin', async (t) => {
  const cwd = await folderWith(t, {
    '.env': `# ours\nPORT=9001\nAUDIENCE="from .env"\n\nexport LOG_LEVEL='warn'\nUNRELATED=1\n`,
    'countersign.config.ts': `
      type Port = number
      const port: Port = 9002
      export default { port, audience: 'from file', logLevel: 'error', onReuse: 'user' }`,
  })
  const { settings, origins, options } = await loadConfig({ cwd, env: { PORT: '9000', HOME: '/' } })
  assert.deepEqual(
    [settings.port, settings.audience, settings.logLevel, settings.onReuse, settings.host],
    [9000, 'from .env', 'warn', 'user', '127.0.0.1'],
  )
  assert.deepEqual(
    [origins.port, origins.audience, origins.logLevel, origins.onReuse, origins.host],
    ['environment PORT', '.env line 3', '.env line 5', 'countersign.config.ts', 'default'],
  )
  assert.deepEqual(options, { port: 9000, audience: 'from .env', logLevel: 'warn', onReuse: 'user' })
})

test('text of the environment becomes what the setting takes', async (t) => {
  const cwd = await folderWith(t)
  const env = {
    PASSWORD_GRANT: 'false',
    DEFAULT_ROLES: 'user',
    TRUSTED_PROXIES: '0',
    SECRET_KEY: `${key}, ${otherKey}`,
  }
  const { settings } = await loadConfig({ cwd, env })
  assert.equal(settings.passwordGrant, false)
  assert.deepEqual(settings.defaultRoles, ['user'])
  assert.equal(settings.trustedProxies, 0)
  assert.deepEqual(
    settings.secretKey.map((secret) => secret.reveal()),
    [key, otherKey],
  )
})

test('text that means nothing is refused, with its origin', async (t) => {
  const cwd = await folderWith(t)
  for (const PORT of [
    '80a',
    '0x50',
    '8e3',
    '-1',
    '08000',
    ' 8000',
    '8000\n',
    '1e400',
    '99999999999999999999',
  ]) {
    await refused({ cwd, env: { PORT } }, /^ {2}port must be a whole number.*\(environment PORT\)$/)
  }
  await refused({ cwd, env: { PASSWORD_GRANT: 'yes' } }, /passwordGrant must be `true` or `false`, not "yes"/)
  await refused({ cwd, env: { TRUSTED_PROXIES: '10.0.0.0/8,x' } }, /trustedProxies\.1 must be an IP address/)
  for (const HOST of ['', '  ']) await refused({ cwd, env: { HOST } }, /host is empty: .*environment HOST/)
})

test('a .env as Windows writes it says all that it says: its first line is one of it', async (t) => {
  const cwd = await folderWith(t, { '.env': '\ufeffPORT=8001\r\nHOST=localhost\r\n' })
  const { settings } = await loadConfig({ cwd, env: {} })
  assert.deepEqual([settings.port, settings.host], [8001, 'localhost'])
})

test('misspelt names stop the start in .env, and are warned of in the environment', async (t) => {
  const misspelt = [
    'SECRETKEY',
    'ISSUERR',
    'REFRESH_TOKEN_EXPIRE_DAY',
    'DATABASE_URI',
    'secret_key',
    'ACCESS_TOKEN_EXPIRES_MINUTE',
  ]
  for (const name of misspelt) {
    const cwd = await folderWith(t, { '.env': `A=1\n${name}=5\n` })
    await refused(
      { cwd, env: {} },
      new RegExp(`^ {2}${name} is not read; did you mean [A-Z_]+\\? \\(\\.env line 2\\)$`),
    )
    const { warnings } = await loadConfig({ cwd: await folderWith(t), env: { [name]: '5' } })
    assert.equal(warnings.length, 1)
  }
})

test('a near name with the right one beside it is somebody else’s', async (t) => {
  const cwd = await folderWith(t, { '.env': 'DATABASE_URI=mongodb://x\nDATABASE_URL=sqlite:./a.db\n' })
  assert.deepEqual((await loadConfig({ cwd, env: {} })).warnings, [])
})

test('names of other programs are nobody’s business', async (t) => {
  const names = [
    'HOME',
    'PATH',
    'HOSTNAME',
    'LOGNAME',
    'POST',
    'PORTS',
    'DOCK',
    'USER',
    'LANG',
    'NODE_ENV',
    'DEBUG',
    'TOKEN',
  ]
  const others = [
    ...names,
    'REDIS_HOST',
    'DATABASE_NAME',
    'DATABASE_PASSWORD',
    'JWT_PRIVATE_KEY',
    'API_SECRET_KEY',
    'HOST_IP',
  ]
  const env = Object.fromEntries(others.map((name) => [name, 'x']))
  assert.deepEqual((await loadConfig({ cwd: await folderWith(t), env })).warnings, [])
  const text = others.map((name) => `${name}=x`).join('\n')
  assert.deepEqual(await problemsOf({ cwd: await folderWith(t, { '.env': text }), env: {} }), [])
})

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

test('production is not declared in .env, where Node does not see it', async (t) => {
  const cwd = await folderWith(t, { '.env': 'NODE_ENV=production\n' })
  await refused({ cwd, env: {} }, /^ {2}NODE_ENV must be set in the environment.*\.env line 1/)
  assert.deepEqual(await problemsOf({ cwd, env: { NODE_ENV: 'production', SECRET_KEY: key } }), [])
  const development = await folderWith(t, { '.env': 'NODE_ENV=development\n' })
  assert.deepEqual(await problemsOf({ cwd: development, env: {} }), [])
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

test('a file that cannot be used stops the start, with the place of the mistake', async (t) => {
  const load = async (files: Readonly<Record<string, string>>): Promise<LoadPlace> => ({
    cwd: await folderWith(t, files),
    env: {},
    limitSeconds: 0.5,
  })
  const file = 'countersign.config.mjs'
  await refused(
    await load({ [file]: 'export default {\n  port: \n}' }),
    /countersign\.config\.mjs cannot be loaded: Unexpected token.*`node --check` shows where/,
  )
  await refused(await load({ [file]: `\nthrow new Error('no')` }), /cannot be loaded: line 2: no \(file\)/)
  await refused(
    await load({ [file]: `import 'a-package-that-is-not-there'` }),
    /cannot be loaded: Cannot find package/,
  )
  await refused(await load({ [file]: 'await new Promise(() => {})' }), /cannot be loaded: took longer/)
  for (const text of [
    '',
    'export const a = 1',
    'export default 5',
    'export default []',
    'export default null',
  ]) {
    await refused(await load({ [file]: text }), /must export its options by default/)
  }
  for (const other of ['countersign.config.cjs', 'countersign.config.json'])
    await refused(await load({ [other]: '{}' }), /is not read: make it countersign\.config\.ts/)
  await refused(
    await load({ [file]: 'export default {}', 'countersign.config.ts': 'export default {}' }),
    /is there twice/,
  )
  await refused(
    await load({ 'countersign.config.ts': 'enum A { B }\nexport default {}' }),
    /cannot be loaded: line 1: .*enum/,
  )
  await refused(
    await load({ [file]: 'export default { prot: 1 }' }),
    /^ {2}prot is not a setting; `port` is \(countersign\.config\.mjs\)$/,
  )
  await refused(await load({ [file]: 'export default { port: () => 5 }' }), /port must be a whole number/)
  await refused(await load({ '.env': 'x'.repeat(70_000) }), /^ {2}\.env is larger than/)
})

test('all problems of all sources are listed at once', async (t) => {
  const cwd = await folderWith(t, {
    '.env': 'AUDIENCE=\nISSUERR=x\n',
    'countersign.config.mjs': `export default { secretKey: () => 'short', nonsense: 1 }`,
  })
  const problems = await problemsOf({ cwd, env: { PORT: 'x', DOCS: 'maybe', DATABASE_URL_FILE: 'missing' } })
  assert.deepEqual(problems.map((problem) => problem.trim().split(' ')[0]).sort(), [
    'ISSUERR',
    'audience',
    'databaseUrl',
    'docs',
    'nonsense',
    'port',
    'secretKey',
  ])
})
