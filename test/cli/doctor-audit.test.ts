import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { root } from '../../scripts/setup/places.mjs'
import { createAuth } from '../../src/index.ts'
import { build, type Ended, runProgram } from './built-server.ts'

const folders: string[] = []
before(build)
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-audit-'))
  folders.push(folder)
  return folder
}

const run = (
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => runProgram(['doctor', ...args], { cwd, env })

const PRODUCTION = {
  ISSUER: 'https://id.example.com',
  TRUSTED_PROXIES: '1',
  SECRET_KEY: randomBytes(32).toString('base64url'),
}

describe('doctor audit of what is stored', () => {
  it('names each risky state with what to do, and leaves when nothing is risky', async () => {
    const cwd = newFolder()
    const path = join(cwd, 'auth.db')
    const env = { ...PRODUCTION, DATABASE_URL: `sqlite:${path}` }
    const auth = createAuth({
      logLevel: 'silent',
      issuer: env.ISSUER,
      trustedProxies: 1,
      secretKey: env.SECRET_KEY,
      databaseUrl: env.DATABASE_URL,
    })
    await auth.migrate()
    await auth.ready()
    const operator = await auth.users.create({
      email: 'root@example.com',
      password: randomBytes(12).toString('hex'),
      roles: ['admin'],
    })
    await auth.sessions.start({ userId: operator.id, amr: ['pwd'] })
    const { client } = await auth.clients.create({
      name: 'Shop',
      grants: ['authorization_code'],
      redirectUris: ['https://shop.example.com/callback'],
      scopes: [],
    })
    await auth.close()
    // As an older release, or somebody with a database tool, could have written it.
    const db = new DatabaseSync(path)
    db.prepare('UPDATE cs_clients SET redirect_uris = ? WHERE id = ?').run(
      '["https://*.example.com/"]',
      client.id,
    )
    db.exec("UPDATE cs_users SET password_hash = '$pbkdf2$1000$c2FsdA$aGFzaA'")
    db.close()

    const { status, out, err } = await run(cwd, ['audit', '--json'], env)
    assert.equal(status, 1, err)
    const { probe, notes, skipped } = JSON.parse(out)
    assert.deepEqual([probe, skipped], [null, []])
    const risks = notes.filter(({ kind }: { kind: string }) => kind === 'risk')
    const said = risks.map(({ what }: { what: string }) => what).join('\n')
    assert.match(said, /1 of 1 accounts that may look after others have no second factor/)
    assert.match(said, /\*\.example\.com/)
    assert.match(said, /SHA-1: 1 by \$pbkdf2/)
    assert.equal(risks.length, 3, said)

    const disabled = new DatabaseSync(path)
    disabled.exec("UPDATE cs_users SET state = 'disabled'")
    disabled.close()
    assert.match(
      (await run(cwd, ['audit'], env)).out,
      /risk \(USER_DISABLED\): 1 sessions of disabled accounts/,
    )

    const mended = new DatabaseSync(path)
    mended.exec("UPDATE cs_clients SET redirect_uris = '[]'; DELETE FROM cs_users")
    mended.close()
    const after = await run(cwd, ['audit'], env)
    assert.equal(after.status, 0, after.out)
    assert.match(after.out, /^No risk was found in the configuration and the database\.$/m)
    assert.doesNotMatch(after.out, /^risk/m)
  })

  it('makes nothing in a folder where nothing is configured: exit 2, and says why', async () => {
    const cwd = newFolder()
    const { status, err } = await run(cwd, ['audit'])
    assert.match(err, /Nothing to look at: give a URL, or --app FILE\. No issuer is configured/)
    assert.equal(status, 2)
    assert.equal(execFileSync('ls', ['-A', cwd], { encoding: 'utf8' }), '')
  })

  it('says what it could not look at, and that is no all-clear: exit 2', async () => {
    const cwd = newFolder()
    const env = { ...PRODUCTION, DATABASE_URL: `sqlite:${join(cwd, 'none.db')}` }
    assert.match((await run(cwd, ['audit'], env)).out, /Not looked at: There is no database yet\./)
    writeFileSync(join(cwd, 'none.db'), 'no database')
    const { out, status } = await run(cwd, ['audit'], env)
    assert.match(out, /Not looked at: The database was not looked at: /)
    assert.equal(status, 2)
  })
})

describe('doctor config', () => {
  it('names the risks of a configuration by their causes: exit 1', async () => {
    const env = { ...PRODUCTION, DOCS: 'open', METRICS: 'open', RATE_LIMITS: 'off', STALENESS: 'relaxed' }
    const { status, out } = await run(newFolder(), ['config', '--json'], env)
    const { mode, notes } = JSON.parse(out)
    assert.equal(mode, 'production')
    assert.deepEqual(
      notes
        .filter(({ kind }: { kind: string }) => kind === 'risk')
        .map(({ cause }: { cause?: string }) => cause),
      [undefined, undefined, 'RATE_LIMIT_SPOOFABLE', 'NOT_REVOKED'],
    )
    assert.equal(status, 1)
  })

  it('finds none in one that is sound: exit 0', async () => {
    const { status, out } = await run(newFolder(), ['config'], PRODUCTION)
    assert.match(out, /^production: no risk was found/)
    assert.equal(status, 0)
  })

  it('fails as the start would for one that cannot start', async () => {
    const { status, err } = await run(newFolder(), ['config'], { ISSUER: 'https://id.example.com' })
    assert.match(err, /SECRET_KEY/)
    assert.notEqual(status, 0)
  })
})

describe('doctor audit --app', () => {
  /** A folder in which an application finds us and its framework, as after an install. */
  function projectWith(text: string): string {
    const cwd = newFolder()
    mkdirSync(join(cwd, 'node_modules'))
    symlinkSync(root, join(cwd, 'node_modules', 'countersign'))
    for (const name of ['express', 'fastify', 'hono'])
      symlinkSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name))
    writeFileSync(join(cwd, 'package.json'), '{"type":"module"}')
    writeFileSync(join(cwd, 'app.ts'), text)
    return cwd
  }

  const start = `import { createAuth } from 'countersign'\n`
  const APPS: Readonly<Record<string, string>> = {
    express: `${start}import { guard, protect } from 'countersign/express'
import express from 'express'

const auth = createAuth({ databaseUrl: 'sqlite::memory:' })
export const app = express()
protect(app, auth)
app.get('/', guard(auth.anyone), (_request, response) => void response.send('hello'))
app.get('/orders', (_request, response) => void response.send('all of them'))
app.listen(0)
`,
    fastify: `${start}import { protect } from 'countersign/fastify'
import Fastify from 'fastify'

const auth = createAuth({ databaseUrl: 'sqlite::memory:' })
export const app = Fastify()
protect(app, auth)
app.register(
  async (shop) => {
    shop.post('/orders', { bodyLimit: 100 }, () => 'made')
  },
  { prefix: '/v1' },
)
await app.listen({ port: 0 })
`,
    hono: `${start}import { protect } from 'countersign/hono'
import { Hono } from 'hono'

const auth = createAuth({ databaseUrl: 'sqlite::memory:' })
export const app = new Hono()
const { ready } = protect(app, auth)
app.get('/orders', (c) => c.text('all of them'))
await ready()
`,
  }
  for (const [framework, text] of Object.entries(APPS)) {
    it(`${framework}: the route without a word is named with its line, and the proposed diff gives it one`, async () => {
      const cwd = projectWith(text)
      const line = text.split('\n').findIndex((one) => one.includes("'/orders'")) + 1
      const { status, out, err } = await run(cwd, ['audit', '--app', 'app.ts', '--patch', '--no-config'])
      assert.match(
        out,
        new RegExp(`ROUTE_UNDECLARED: 1 route has[^\\n]*\\n  \\w+ (?:/v1)?/orders  \\(app\\.ts:${line}\\)`),
        err,
      )
      assert.match(out, /Proposed, not applied/)
      assert.equal(readFileSync(join(cwd, 'app.ts'), 'utf8'), text, 'nothing is applied')
      assert.equal(status, 1)

      execFileSync('git', ['apply', '-'], { cwd, input: out.slice(out.indexOf('--- a/')) })
      assert.match(
        readFileSync(join(cwd, 'app.ts'), 'utf8'),
        /'\/orders', (?:\{ \.\.\.)?guard\(auth\.signedIn\), /,
      )
      const again = await run(cwd, ['audit', '--app', 'app.ts', '--no-config'])
      assert.equal(again.out, 'app.ts: every route has an access word.\n', again.err)
      assert.equal(again.status, 0)
    })
  }

  it('says for programs what it proposes, and where it proposes nothing', async () => {
    const cwd = projectWith((APPS.express ?? '').replace("app.get('/orders', ", "app.route('/orders').get("))
    const { out } = await run(cwd, ['audit', '--app', 'app.ts', '--json', '--no-config'])
    assert.deepEqual(JSON.parse(out).routes_without_word, [
      { method: 'GET', path: '/orders', at: 'app.ts:9', patch: null },
    ])
    assert.equal((await run(cwd, ['audit', '--app', 'nothing.ts', '--no-config'])).status, 2)
  })
})
