import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build, runProgram } from './built-server.ts'

let folder: string
before(() => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-cli-keys-'))
})
after(() => rmSync(folder, { recursive: true }))

async function run(args: readonly string[], input = '', env: Record<string, string> = {}) {
  const ended = await runProgram(args, { cwd: folder, input, env })
  return { ...ended, json: () => JSON.parse(ended.out) }
}
interface Key {
  readonly kid: string
  readonly phase: string
  readonly next_at: string | null
}
const list = async (): Promise<Key[]> => (await run(['keys', 'list', '--json'])).json().items

test('keys: list, rotate, retire, rotate --now and revoke, each saying what it does', async () => {
  const [first] = await list()
  assert.equal(first?.phase, 'active')
  const table = await run(['keys', 'list'])
  assert.match(table.out, /^kid +use +algorithm +phase +since +next\n/)
  assert.match(table.out, /\nring \d+, 1 of 1 live nodes serve it\n$/)

  const begun = await run(['keys', 'rotate'])
  assert.match(begun.out, /phase +next\n/)
  const early = await run(['keys', 'rotate'])
  assert.equal(early.status, 1)
  assert.match(early.err, /Too early: /)
  const next = (await list()).find(({ phase }) => phase === 'next')
  assert.equal((await run(['keys', 'retire', next?.kid ?? ''])).status, 0)
  assert.deepEqual(await list(), [first])
  const signing = await run(['keys', 'retire', first.kid])
  assert.match(signing.err, /Rotate first/)

  const asked = await run(['keys', 'rotate', '--now'])
  assert.equal(asked.status, 1, 'nobody is there to agree')
  assert.match(asked.err, /up to 0 live sessions are refused within seconds.*\n.*add --yes/)
  assert.deepEqual(await list(), [first], 'and nothing was changed')
  const agreed = await run(['keys', 'rotate', '--now', '--yes', '--json'])
  assert.equal(agreed.status, 0, agreed.err)
  assert.equal(agreed.json().phase, 'active')
  const phases = (await list()).map(({ kid, phase }) => [kid === first.kid, phase])
  assert.deepEqual(phases.sort(), [
    [false, 'active'],
    [true, 'revoked'],
  ])
  assert.equal((await run(['keys', 'revoke', agreed.json().kid])).status, 1)
  assert.equal((await run(['keys', 'revoke', agreed.json().kid, '--yes'])).status, 0)
  assert.match((await run(['keys', 'revoke', 'unknown', '--yes'])).err, /^no key of that kid/)
})

test('a private key is imported from standard input or a file of its owner, and public ones are exported', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const jwk = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), alg: 'ES256' })
  const file = join(folder, 'key.pem')
  writeFileSync(file, pem, { mode: 0o644 })
  chmodSync(file, 0o644)
  const open = await run(['keys', 'import', '--file', file, '--algorithm', 'ES256'])
  assert.match(open.err, /can be read or changed by everybody/, 'G-8')
  chmodSync(file, 0o600)
  assert.match((await run(['keys', 'import', '--file', file])).err, /add --algorithm/)
  const imported = await run(['keys', 'import', '--file', file, '--algorithm', 'ES256', '--json'])
  assert.equal(imported.status, 0, imported.err)
  const { kid } = imported.json()
  assert.equal((await run(['keys', 'retire', kid])).status, 0)
  assert.equal((await run(['keys', 'import', '--json'], jwk)).json().kid, kid, 'the same key')
  for (const bad of ['', 'x', '{', '{}', pem.slice(0, 80)]) {
    const refused = await run(['keys', 'import', '--algorithm', 'ES256'], bad)
    assert.equal(refused.status, 1)
    assert.ok(bad.length < 5 || !refused.err.includes(bad.slice(-20)), 'and no message quotes it')
  }

  assert.equal((await run(['keys', 'retire', kid])).status, 0)
  const dashed = JSON.stringify({ ...JSON.parse(jwk), kid: '--yes-f' })
  assert.equal((await run(['keys', 'import'], dashed)).status, 0)
  assert.match((await run(['keys', 'export-public', '--pem', '--yes-f'])).out, /BEGIN PUBLIC KEY/)
  assert.equal((await run(['keys', 'retire', '--yes-f'])).status, 0, 'a thumbprint may begin with a dash')
  assert.equal(
    (await run(['keys', 'revoke', '-hYj', '--yes'])).err,
    'no key of that kid; `countersign keys list` shows all\n',
  )
  assert.match((await run(['keys', 'retire', 'k', '--jsn'])).err, /too many arguments/)
  assert.equal((await run(['keys', 'import'], jwk)).status, 0)

  const exported = (await run(['keys', 'export-public'])).json()
  assert.ok(exported.keys.some((key: { kid: string }) => key.kid === kid))
  assert.ok(exported.keys.every((key: object) => !('d' in key)))
  const asPem = await run(['keys', 'export-public', kid, '--pem'])
  assert.match(asPem.out, /^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\n$/)
  assert.match((await run(['keys', 'export'])).err, /private keys never leave/)
  const secret = await run(['keys', 'export', '--json'], '', { JWT_ALGORITHM: 'HS256' })
  assert.match(secret.json().secret, /^[\w-]{43}$/)
})

test('token inspect shows what a token says, in words, and says that nothing is proven', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://a.example',
    sub: 'b',
    roles: ['x'],
    iat: now - 7200,
    exp: now + 600.5,
    auth_time: 1e15,
    constructor: 'c',
    'a\u001b[2J\r': '\u202eb\u2028',
  }
  const token = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${part(claims)}.${'A'.repeat(86)}`
  const shown = await run(['token', 'inspect'], `${token}\n`)
  assert.match(shown.out, /^access token \(RFC 9068\); NOT PROVEN: nobody has checked its signature/)
  assert.match(shown.out, /\niat +\d+ +\(20\S+Z, 2 hours ago\)\n/)
  assert.match(shown.out, /\nexp +\d+\.5 +\(20\S+Z, in (10|9) minutes\)\n/)
  assert.match(shown.out, /\nauth_time +1000000000000000 +\(no time there is\)\n/)
  assert.match(shown.out, /\nconstructor +c\n/, 'nothing that objects inherit is a time')
  assert.match(shown.out, /\na\?\[2J\? +\?b\?\n/, 'a claim moves no cursor')
  assert.ok(!shown.out.includes('AAAA'), 'no signature: it would be a token again')
  const file = join(folder, 'token')
  writeFileSync(file, `Bearer ${token}`)
  const json = (await run(['token', 'inspect', '--file', file, '--json'])).json()
  assert.deepEqual([json.proven, json.claims.roles, json.header.kid], [false, ['x'], 'k'])

  for (const [given, kind] of [
    ['cs_rt_AAAAAAAA', /a refresh token/],
    ['cs_key_AAAAAAAA', /an API key|holds no claims/],
    ['a.b.c.d.e', /encrypted token \(JWE\)/],
    ['0123456789abcdef', /opaque token/],
    [token.slice(0, 60), /cut off/],
    ['', /nothing was given/],
    ['x'.repeat(9000), /longer than any token/],
    ['a.b.c', /no signed token/],
  ] as const) {
    const { status, out, err } = await run(['token', 'inspect'], given)
    assert.deepEqual([status, out], [1, ''])
    assert.match(err, kind)
    assert.ok(given.length < 10 || !err.includes(given))
  }
  assert.equal((await run(['token', 'inspect', token])).status, 2, 'never an argument')
})

test('docs/keys.md names every command of keys, and none that is not', async () => {
  const page = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8')
  const named = Array.from(page.matchAll(/^\| `countersign keys ([a-z-]+)/gm), ([, name]) => name)
  const { out } = await run(['keys', '--help'])
  const commands = Array.from(
    out.matchAll(/^ {2}([a-z-]+) (?:\[options\]|<kid>|\[kid\])/gm),
    ([, name]) => name,
  )
  assert.ok(commands.length >= 7, out)
  assert.deepEqual([...new Set(named)].sort(), commands.filter((name) => name !== 'help').sort())
})
