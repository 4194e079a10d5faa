import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { hashSync as bcryptHash } from 'bcryptjs'
import type { Auth } from '../../src/auth.ts'
import { exportFrom } from '../../src/cli/export-users.ts'
import { createCsvReader } from '../../src/cli/import/csv.ts'
import { createProgress } from '../../src/cli/import/progress.ts'
import { importInto } from '../../src/cli/import-users.ts'
import { startIssuer } from '../flows/issuer.ts'
import { build, runProgram } from './built-server.ts'

const PASSWORD = 'correct horse battery'

let folder: string
before(() => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-import-'))
})
after(() => rmSync(folder, { recursive: true }))

/** What is written to the screen. */
function screen() {
  const lines: string[] = []
  return {
    isTTY: false,
    write: (text: string | Uint8Array) => lines.push(String(text)) > 0,
    text: () => lines.join(''),
  }
}

async function take(auth: Auth, path: string, options = {}) {
  const out = screen()
  const counts = await importInto(auth, path, options, out)
  return { ...counts, err: out.text() }
}

const counted = (imported: number, there: number, refused: number) => ({
  imported,
  'there already': there,
  refused,
})

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const BCRYPT = bcryptHash(PASSWORD, 4)
const FIREBASE = {
  key: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
}

test('E4: users of other systems are taken in by their hashes, and hashed anew when they sign in', async () => {
  const issuer = await startIssuer()
  const { auth } = issuer
  const lines = [
    { email: 'auth0@example.com', email_verified: true, passwordHash: BCRYPT },
    { email: 'own@example.com', username: 'own', password_hash: BCRYPT, roles: ['user', 'admin'] },
    { email: 'none@example.com' },
    { email: 'blocked@example.com', passwordHash: BCRYPT, blocked: true },
  ]
  const jsonl = file('users.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))
  assert.deepEqual(await take(auth, jsonl), { ...counted(4, 0, 0), err: '' })

  const csv = file(
    'users.csv',
    '\ufeffusername,email,password,is_active\r\n' +
      'django,django@example.com,pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=,True\r\n' +
      '"gone","gone@example.com",,False\r\n',
  )
  assert.deepEqual(await take(auth, csv), { ...counted(2, 0, 0), err: '' })

  const keycloak = file(
    'realm.json',
    JSON.stringify(
      {
        realm: 'shop',
        users: [
          {
            username: 'keycloak',
            email: 'kc@example.com',
            emailVerified: true,
            enabled: true,
            credentials: [
              {
                type: 'password',
                secretData: JSON.stringify({
                  value:
                    'AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I3oPrOafEIqFGOq0+8aVYIT/+xVcPChXj+A8gpxtbBrFQ==',
                  salt: 'AAECAwQFBgcICQoLDA0ODw==',
                }),
                credentialData: JSON.stringify({ algorithm: 'pbkdf2-sha256', hashIterations: 1000 }),
              },
            ],
          },
        ],
      },
      undefined,
      2,
    ),
  )
  assert.deepEqual(await take(auth, keycloak), { ...counted(1, 0, 0), err: '' })

  const parameters = file(
    'firebase.txt',
    `hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: ${FIREBASE.key},\n  base64_salt_separator: Bw==,\n` +
      '  rounds: 8,\n  mem_cost: 14,\n}\n',
  )
  const firebase = file(
    'firebase.json',
    JSON.stringify({
      users: [
        { localId: 'x', email: 'fb@example.com', passwordHash: FIREBASE.hash, salt: '42xEC+ixf3L2lw==' },
      ],
    }),
  )
  assert.deepEqual(await take(auth, firebase, { firebase: parameters }), { ...counted(1, 0, 0), err: '' })

  const signIn = async (username: string, password = PASSWORD) =>
    (await issuer.call('POST', '/token', { form: { grant_type: 'password', username, password } })).status
  for (const name of ['auth0@example.com', 'own', 'django', 'keycloak']) {
    assert.equal(await signIn(name), 200, name)
    const { id } = (await issuer.auth.users.findByLogin(name)) ?? { id: '' }
    assert.match((await issuer.auth.users.passwordHashOf(id)) ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  }
  assert.equal(await signIn('fb@example.com', 'user1password'), 200)
  for (const name of ['none@example.com', 'blocked@example.com', 'gone'])
    assert.equal(await signIn(name), 400, name)
  // In one step: an import that is cut off must not leave them open, for the next one leaves alone who is there.
  for (const name of ['blocked@example.com', 'gone']) {
    const { id, state } = (await issuer.auth.users.findByLogin(name)) ?? { id: '', state: 'active' }
    const [closed] = await issuer.auth.events.list({ userId: id, name: 'user.disabled', limit: 1 })
    assert.deepEqual([state, closed], ['disabled', undefined], name)
  }
  const own = await issuer.auth.users.findByLogin('own')
  assert.deepEqual(own?.roles, ['user', 'admin'])
  const events = await issuer.auth.events.list({ name: 'user.imported', limit: 50 })
  assert.equal(events.length, 8)
  assert.ok(events.every(({ origin }) => origin.actor.kind === 'operator'))
  await issuer.close()
})

test('an import says what it will not take without a word of it, does nothing in a dry run, and goes on where it stopped', async () => {
  const issuer = await startIssuer()
  const { auth } = issuer
  const rows = [
    JSON.stringify({ email: 'a@example.com', passwordHash: BCRYPT }),
    'no JSON canary',
    JSON.stringify({ email: 'canary', passwordHash: BCRYPT }),
    JSON.stringify({ email: 'c@example.com', passwordHash: 'plain canary' }),
    JSON.stringify({ email: 'd@example.com', passwordHash: BCRYPT, roles: ['canary'] }),
    JSON.stringify({ email: 'A@example.com', passwordHash: BCRYPT }),
    JSON.stringify({ email: 'b@example.com', passwordHash: BCRYPT, username: 'bob' }),
    JSON.stringify({ email: 'e@example.com', passwordHash: BCRYPT, username: 'Bob' }),
  ]
  const path = file('mixed.jsonl', rows.join('\n'))
  const { err: dryErr, ...dry } = await take(auth, path, { dryRun: true })
  assert.deepEqual(dry, counted(2, 1, 5))
  assert.deepEqual(await auth.users.list({ limit: 50 }), [])

  const { err, ...first } = await take(auth, path)
  assert.deepEqual(first, counted(2, 1, 5))
  for (const line of ['2: is no JSON object', '3: email:', '4: password_hash:', '5: roles:']) {
    assert.ok(err.includes(line), err)
  }
  assert.ok(!`${err}${dryErr}`.includes('canary'))
  const { err: _, ...again } = await take(auth, path)
  assert.deepEqual(again, counted(0, 3, 5))
  const { err: last, ...end } = await take(auth, path, { from: 6 })
  assert.deepEqual(end, counted(0, 2, 1))
  assert.equal(last, '8: username: Is taken.\n')
  await assert.rejects(take(auth, join(folder, 'nowhere.csv')))
  assert.equal((await auth.users.list({ limit: 50 })).length, 2)
  await issuer.close()
})

test('all accounts are written as they can be read again; hashes only where asked for, into a new file of the owner', async () => {
  const [from, to] = [await startIssuer(), await startIssuer()]
  await take(
    from.auth,
    file('few.csv', `email,username,password_hash\na@example.com,anna,${BCRYPT}\nb@example.com,,\n`),
  )
  const path = join(folder, 'all.jsonl')
  assert.equal(await exportFrom(from.auth, path, true), 2)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.ok(readFileSync(path, 'utf8').includes(BCRYPT))
  await assert.rejects(exportFrom(from.auth, path, false), { code: 'EEXIST' })
  const without = join(folder, 'without.jsonl')
  assert.equal(await exportFrom(from.auth, without, false), 2)
  assert.ok(!readFileSync(without, 'utf8').includes('$2'))
  assert.deepEqual(await take(to.auth, path), { ...counted(2, 0, 0), err: '' })
  assert.equal((await to.signIn('anna')).status, 200)
  await Promise.all([from.close(), to.close()])
})

test('what can be read once alone is refused: nobody would miss the rows that the look at its form took', async (t) => {
  const { auth, close } = await startIssuer()
  t.after(close)
  await assert.rejects(take(auth, '/dev/null'), /write what comes by a pipe into one/)
  const cut = file('cut.json', `[{"email":"a@example.com","passwordHash":"${BCRYPT}"},`)
  await assert.rejects(take(auth, cut), (error: Error) => {
    assert.match(error.message, /or was cut short$/)
    return true
  })
})

test('the command line imports, shows how far it is on a terminal, and exports without hashes to the screen', async () => {
  const run = (...args: string[]) => runProgram(['users', ...args], { cwd: folder })
  const path = file(
    'two.jsonl',
    [1, 2].map((n) => JSON.stringify({ email: `${n}@example.com`, passwordHash: BCRYPT })).join('\n'),
  )
  const imported = await run('import', path, '--json')
  assert.equal(imported.status, 0, imported.err)
  assert.deepEqual(JSON.parse(imported.out), counted(2, 0, 0))
  const exported = await run('export')
  assert.equal(exported.status, 0, exported.err)
  assert.deepEqual(
    exported.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).email)
      .sort(),
    ['1@example.com', '2@example.com'],
  )
  assert.deepEqual(await run('export', '-'), exported)
  for (const screen of [[], ['-']])
    assert.equal((await run('export', ...screen, '--with-password-hashes')).status, 1)

  const shown: string[] = []
  const progress = createProgress({
    isTTY: true,
    write: (line: string | Uint8Array) => shown.push(String(line)) > 0,
  })
  progress.show(0.5, 1234)
  progress.end()
  assert.match(shown[0] ?? '', /^\r\[#{12}\.{12}\] 50 % {2}1,234 users {2}\d+\/s/)
})

test('CSV is read as RFC 4180 writes it', () => {
  const reader = createCsvReader()
  const lines = ['a,b,c', '"x, y","say ""hi""",', '"two', 'lines",2,3', ',,', 'a"b,c,d']
  const records = lines.map((line) => reader.read(line)).filter((record) => record !== undefined)
  assert.deepEqual(records, [
    ['a', 'b', 'c'],
    ['x, y', 'say "hi"', ''],
    ['two\nlines', '2', '3'],
    ['', '', ''],
    ['a"b', 'c', 'd'],
  ])
})
