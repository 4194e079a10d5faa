import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folderWith, problemsOf, refused } from '../../test/config/config-folder.ts'
import { systemRandom } from '../base/random.ts'
import { type LoadPlace, loadConfig } from './load.ts'
import { newSecretKey } from './secret-key.ts'

const key = newSecretKey(systemRandom)
const otherKey = newSecretKey(systemRandom)

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

test('production is not declared in .env, where Node does not see it', async (t) => {
  const cwd = await folderWith(t, { '.env': 'NODE_ENV=production\n' })
  await refused({ cwd, env: {} }, /^ {2}NODE_ENV must be set in the environment.*\.env line 1/)
  assert.deepEqual(await problemsOf({ cwd, env: { NODE_ENV: 'production', SECRET_KEY: key } }), [])
  const development = await folderWith(t, { '.env': 'NODE_ENV=development\n' })
  assert.deepEqual(await problemsOf({ cwd: development, env: {} }), [])
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
    await load({
      'package.json': '{ "type": "commonjs" }',
      'countersign.config.ts': '\nexport default {}',
    }),
    /cannot be loaded: line 2: .*export.*call it countersign\.config\.mts/,
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
