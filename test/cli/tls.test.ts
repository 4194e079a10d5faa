import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as ask, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemRandom } from '../../src/base/random.ts'
import { makeSelfSigned } from '../../src/server/tls/self-signed.ts'
import { findFreePort } from '../servers/free-port.ts'
import { build, runProgram, startServer } from './built-server.ts'

before(build)

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'))
  folders.push(folder)
  return folder
}

interface Got {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  readonly protocol: string | null
}

/** A real TLS client, which trusts this certificate and no other. */
function get(url: string, ca: string, more: RequestOptions & { readonly body?: string } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { body, ...options } = more
    const request = ask(url, { ca, agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      const { protocol } = {
        protocol: (response.socket as { getProtocol?: () => string | null }).getProtocol?.() ?? null,
      }
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: text, protocol }),
      )
    })
    request.on('error', reject).end(body)
  })
}

const now = new Date()
const DAY = 86_400_000
const pair = (at = now, lifeDays = 30) =>
  makeSelfSigned({ hosts: ['localhost', '127.0.0.1'], now: at, lifeDays, random: systemRandom })

test('--tls-dev: https with a certificate that was made on the spot, and a cookie with the prefix', async () => {
  const cwd = freshFolder()
  const port = await findFreePort()
  const server = await startServer(port, { cwd, args: ['--tls-dev'] })
  const certificatePath = join(cwd, 'data/tls-dev-cert.pem')
  const ca = readFileSync(certificatePath, 'utf8')
  try {
    assert.match(server.said(), new RegExp(`serves https://127\\.0\\.0\\.1:${port}\\n`))
    assert.match(server.said(), /made for this machine in data\/tls-dev-cert\.pem; trust that file:/)
    for (const name of ['tls-dev-cert.pem', 'tls-dev-key.pem']) {
      assert.equal(statSync(join(cwd, 'data', name)).mode & 0o777, 0o600, name)
    }
    for (const host of ['127.0.0.1', 'localhost']) {
      const { status, protocol, headers } = await get(`https://${host}:${port}/healthz`, ca)
      assert.equal(status, 200, host)
      assert.equal(protocol, 'TLSv1.3')
      assert.equal(
        headers['strict-transport-security'],
        undefined,
        'it would hold for all that runs on localhost',
      )
    }
    const metadata = await get(`https://127.0.0.1:${port}/.well-known/oauth-authorization-server`, ca)
    assert.equal(JSON.parse(metadata.body).issuer, `https://127.0.0.1:${port}`)
    await assert.rejects(get(`https://127.0.0.1:${port}/healthz`, pair().certificate), /self-signed|verify/i)
    await assert.rejects(get(`https://127.0.0.1:${port}/healthz`, ca, { maxVersion: 'TLSv1.1' }))
    const plain = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => 'nothing')
    assert.equal(plain, 'nothing')

    const json = { 'content-type': 'application/json' }
    const person = { email: 'alice@example.com', username: 'alice', password: 'correct horse battery' }
    const post = (path: string, body: object) =>
      get(`https://127.0.0.1:${port}${path}`, ca, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(body),
      })
    assert.equal((await post('/register', person)).status, 201)
    const signedIn = await post('/session', { username: 'alice', password: person.password })
    assert.equal(signedIn.status, 200, signedIn.body)
    const cookie = String(signedIn.headers['set-cookie'])
    assert.match(cookie, /^__Host-countersign=.*; Secure/)
    const me = await get(`https://127.0.0.1:${port}/users/me`, ca, {
      headers: { cookie: cookie.split(';')[0] ?? '' },
    })
    assert.equal(JSON.parse(me.body).username, 'alice')
  } finally {
    assert.equal(await server.stop(), 0)
  }
  const again = await startServer(port, { cwd, args: ['--tls-dev'] })
  assert.equal(readFileSync(certificatePath, 'utf8'), ca, 'the one that people trust is kept')
  assert.match(again.said(), /from data\/tls-dev-cert\.pem/)
  await again.stop()

  const old = pair(new Date(now.getTime() - 390 * DAY), 395)
  writeFileSync(certificatePath, old.certificate)
  writeFileSync(join(cwd, 'data/tls-dev-key.pem'), old.key, { mode: 0o600 })
  const renewed = await startServer(port, { cwd, args: ['--tls-dev'] })
  assert.match(renewed.said(), /made for this machine/, 'five days before its end there is a new one')
  await renewed.stop()
})

test('--tls-cert and --tls-key: https in production, with HSTS; a renewed pair is taken up by a reload', async () => {
  const cwd = freshFolder()
  const { certificate, key } = pair()
  writeFileSync(join(cwd, 'cert.pem'), certificate)
  writeFileSync(join(cwd, 'key.pem'), key, { mode: 0o600 })
  const port = await findFreePort()
  const env = {
    NODE_ENV: 'production',
    SECRET_KEY: Buffer.from(systemRandom(32)).toString('base64url'),
    DATABASE_URL: 'sqlite:./auth.db',
    ISSUER: 'https://auth.example.com',
  }
  assert.equal((await runProgram(['migrate'], { cwd, env })).status, 0)
  const args = ['--workers', '2', '--tls-cert', 'cert.pem', '--tls-key', 'key.pem']
  const server = await startServer(port, { cwd, env, args })
  try {
    assert.match(server.said(), /the certificate does not name the host of ISSUER/)
    const { status, headers } = await get(`https://localhost:${port}/.well-known/jwks.json`, certificate)
    assert.equal(status, 200)
    assert.match(String(headers['strict-transport-security']), /^max-age=63072000/)

    const renewed = pair()
    writeFileSync(join(cwd, 'cert.pem'), renewed.certificate)
    writeFileSync(join(cwd, 'key.pem'), renewed.key, { mode: 0o600 })
    server.child.kill('SIGHUP')
    while (!server.said().includes('the workers were replaced')) {
      await once(server.child.stdout ?? server.child, 'data')
    }
    assert.equal((await get(`https://localhost:${port}/healthz`, renewed.certificate)).status, 200)
  } finally {
    assert.equal(await server.stop(), 0)
  }
})

test('G-8: files that will not do are one sentence each; status 1', async () => {
  const cwd = freshFolder()
  const write = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(cwd, name), text, { mode })
    chmodSync(join(cwd, name), mode)
  }
  const [good, other] = [pair(), pair()]
  write('cert.pem', good.certificate, 0o644)
  write('key.pem', good.key)
  write('open.pem', good.key, 0o644)
  write('other.pem', other.key)
  write('nonsense.pem', 'this is no PEM')
  write('expired.pem', pair(new Date('2020-01-01T00:00:00Z')).certificate)
  write('early.pem', pair(new Date(now.getTime() + 10 * DAY)).certificate)
  write('locked.pem', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n')
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--tls-cert', 'nowhere.pem', '--tls-key', 'key.pem'], /^--tls-cert nowhere\.pem does not exist\n$/],
    [['--tls-cert', 'cert.pem', '--tls-key', 'nowhere.pem'], /^--tls-key nowhere\.pem does not exist\n$/],
    [
      ['--tls-cert', 'nonsense.pem', '--tls-key', 'key.pem'],
      /^--tls-cert nonsense\.pem holds no certificate in PEM form\n$/,
    ],
    [
      ['--tls-cert', 'key.pem', '--tls-key', 'key.pem'],
      /^--tls-cert key\.pem holds no certificate in PEM form\n$/,
    ],
    [
      ['--tls-cert', 'cert.pem', '--tls-key', 'nonsense.pem'],
      /^--tls-key nonsense\.pem holds no private key in PEM form\n$/,
    ],
    [
      ['--tls-cert', 'cert.pem', '--tls-key', 'cert.pem'],
      /^--tls-key cert\.pem (holds no private key|can be read)/,
    ],
    [
      ['--tls-cert', 'cert.pem', '--tls-key', 'locked.pem'],
      /^--tls-key locked\.pem is protected by a passphrase/,
    ],
    [
      ['--tls-cert', 'cert.pem', '--tls-key', 'open.pem'],
      /^--tls-key open\.pem can be read or changed by everybody/,
    ],
    [
      ['--tls-cert', 'cert.pem', '--tls-key', 'other.pem'],
      /^--tls-key other\.pem is not the key of the certificate in cert\.pem\n$/,
    ],
    [
      ['--tls-cert', 'expired.pem', '--tls-key', 'key.pem'],
      /^--tls-cert expired\.pem has expired, on 2020-01-31\n$/,
    ],
    [
      ['--tls-cert', 'early.pem', '--tls-key', 'key.pem'],
      /^--tls-cert early\.pem is not valid before 20\d\d-\d\d-\d\d\n$/,
    ],
    [['--tls-cert', '.', '--tls-key', 'key.pem'], /^--tls-cert \. is not a file\n$/],
    [['--tls-cert', 'cert.pem'], /^--tls-cert needs --tls-key/],
    [['--tls-key', 'key.pem'], /^--tls-key needs --tls-cert/],
    [['--tls-dev', '--tls-cert', 'cert.pem', '--tls-key', 'key.pem'], /^--tls-dev makes its own certificate/],
  ]
  const port = String(await findFreePort())
  for (const [args, expected] of cases) {
    const { status, out, err } = await runProgram(['serve', ...args], { cwd, env: { PORT: port } })
    assert.equal(status, 1, `${args}`)
    assert.match(err, expected)
    assert.doesNotMatch(err, /\n\s+at |node:|BEGIN|MIG|MIIB/, 'neither a stack nor a part of a file')
    assert.equal(out, '')
  }
})

test('an issuer that is http, and a certificate of development in production, are refused', async () => {
  const cwd = freshFolder()
  const port = String(await findFreePort())
  const http = await runProgram(['serve', '--tls-dev'], {
    cwd,
    env: { PORT: port, ISSUER: `http://localhost:${port}` },
  })
  assert.equal(http.status, 1)
  assert.match(http.err, /issuer must use https, as this server does/)
  const live = await runProgram(['serve', '--tls-dev'], {
    cwd,
    env: {
      PORT: port,
      NODE_ENV: 'production',
      SECRET_KEY: Buffer.from(systemRandom(32)).toString('base64url'),
    },
  })
  assert.equal(live.status, 1)
  assert.match(live.err, /^--tls-dev is for development on this machine/)
})
