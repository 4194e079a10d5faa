import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import type { Auth, NewAccount } from '../../src/index.ts'
import { postgres } from '../../src/postgres.ts'
import { blockWith } from '../docs/block-folder.ts'
import { PASSWORD, SECRET_KEY, startIssuer } from '../flows/issuer.ts'
import { execute, packAndInstall, root } from '../package/packed.ts'
import { ours, urlOfApplication } from '../schemas/application-database.ts'
import { insertPeople } from '../schemas/people.ts'
import { takeOver } from '../schemas/run-take-over.ts'
import { type Place, run, startPlace } from '../store/postgres-place.ts'

const SOURCES = [
  new URL('./prisma/schema.prisma', import.meta.url),
  new URL('./prisma/prisma.config.ts', import.meta.url),
  new URL('./prisma/commands.prisma', import.meta.url),
  new URL('./prisma/commands.config.ts', import.meta.url),
]
const CLIENT = '7.10.0'
/** The last whose commands need no program that is downloaded when it is installed. */
const COMMANDS = '6.19.3'
const LIMIT_MILLISECONDS = 300_000

const PEOPLE = `CREATE TABLE "Person" (id serial PRIMARY KEY, email text NOT NULL UNIQUE, login text UNIQUE,
  "passwordHash" text NOT NULL, confirmed boolean NOT NULL DEFAULT false)`

let place: Place
let folder: string
before(async () => {
  place = await startPlace()
  folder = mkdtempSync(join(tmpdir(), 'countersign-prisma-'))
  for (const source of SOURCES) copyFileSync(source, join(folder, basename(source.pathname)))
  const schema = readFileSync(join(folder, 'schema.prisma'), 'utf8')
  writeFileSync(join(folder, 'schema.prisma'), `${schema}\n${blockWith('existing-users.md', 'model Person')}`)
  writeFileSync(join(folder, 'shops.ts'), blockWith('postgres.md', "from '@prisma/adapter-pg'"))
  writeFileSync(join(folder, 'auth.ts'), blockWith('existing-users.md', "from '@prisma/adapter-pg'"))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')

  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const own = ['pg', '@types/pg', '@types/node'].map((name) => `${name}@${devDependencies[name]}`)
  const theirs = ['prisma', '@prisma/client', '@prisma/adapter-pg'].map((name) => `${name}@${CLIENT}`)
  const packed = await packAndInstall()
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']
  const packages = [packed.tarball, ...own, ...theirs, `prisma-commands@npm:prisma@${COMMANDS}`]
  await execute(folder, 'npm', 'install', ...packages, ...options)
  packed.remove()
  await prisma('prisma', '', 'generate')
})
after(async () => {
  await place?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a command of Prisma's in the folder; rejects with what it said if it fails. */
function prisma(name: string, databaseUrl: string, ...args: readonly string[]): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const program = join(folder, 'node_modules', name, 'build', 'index.js')
  const env = {
    PATH,
    HOME,
    DATABASE_URL: databaseUrl,
    CHECKPOINT_DISABLE: '1',
    NO_COLOR: '1',
    // Where the program is that would connect: what is asked of Prisma 7 here does without, but looks for it.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  }
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env, timeout: LIMIT_MILLISECONDS }
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr)
      else reject(new Error(`prisma ${args.join(' ')}: ${stdout}${stderr}`))
    })
  })
}

test('Prisma’s commands leave our schema and its rows alone', async () => {
  const databaseUrl = await urlOfApplication(place)
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  pool.on('error', () => undefined)
  const issuer = await startIssuer({ store: postgres({ pool }) })
  const { access } = await issuer.signUp('before')
  const untouched = await ours(pool)
  const command = (...args: readonly string[]) =>
    prisma('prisma-commands', databaseUrl, ...args, '--config', 'commands.config.ts')
  const path = join(folder, 'commands.prisma')
  const schema = readFileSync(path, 'utf8')
  const tables = async () => {
    const { rows } = await pool.query(
      `SELECT table_name AS name, column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name = 'shops' ORDER BY ordinal_position`,
    )
    return rows.map(({ column }) => column)
  }

  await command('db', 'push', '--skip-generate')
  assert.deepEqual(await tables(), ['owner', 'name'])
  writeFileSync(path, schema.replace('@unique', '@unique\n  town  String?'))
  await command('db', 'push', '--skip-generate')
  assert.deepEqual(await tables(), ['owner', 'name', 'town'])
  writeFileSync(path, schema)
  await command('db', 'push', '--accept-data-loss', '--skip-generate')
  assert.deepEqual(await tables(), ['owner', 'name'])
  assert.deepEqual(await ours(pool), untouched)
  const pulled = await command('db', 'pull', '--print')
  assert.match(pulled, /model Shop/)
  assert.doesNotMatch(pulled, /countersign|password_hash|revocations/)

  await run(databaseUrl, 'DROP TABLE shops')
  await command('migrate', 'dev', '--name', 'first', '--skip-generate')
  const migrations = readdirSync(join(folder, 'migrations')).filter((name) => name.endsWith('_first'))
  const sql = readFileSync(join(folder, 'migrations', migrations[0] ?? '', 'migration.sql'), 'utf8')
  assert.match(sql, /CREATE TABLE "shops"/)
  assert.doesNotMatch(sql, /countersign|DROP/)
  await command('migrate', 'deploy')
  await command('migrate', 'reset', '--force', '--skip-generate')
  assert.deepEqual(await tables(), ['owner', 'name'])
  assert.deepEqual(await ours(pool), untouched)
  assert.equal((await issuer.me(access)).status, 200)

  await run(databaseUrl, 'ALTER TABLE shops ADD FOREIGN KEY (owner) REFERENCES countersign.users (id)')
  await assert.rejects(command('db', 'push', '--skip-generate'), /P4002|cross schema/i, 'as the page says')
  assert.deepEqual((await ours(pool)).length, untouched.length)
  await issuer.close()
  await pool.end()
})

test('the code of the pages compiles with what Prisma generates', async () => {
  const tsconfig = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      exactOptionalPropertyTypes: false,
      noUnusedLocals: false,
      allowImportingTsExtensions: true,
    },
    files: ['shops.ts', 'auth.ts'],
    include: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await execute(folder, process.execPath, compiler, '-p', folder)
})

test('an account and a row of Prisma’s are one commit, by the code of the page', async () => {
  const databaseUrl = await urlOfApplication(place)
  await run(databaseUrl, 'CREATE TABLE shops (owner uuid PRIMARY KEY, name text NOT NULL UNIQUE)')
  Object.assign(process.env, { DATABASE_URL: databaseUrl, SECRET_KEY })
  const {
    auth,
    prisma: client,
    openShop,
  } = (await import(pathToFileURL(join(folder, 'shops.ts')).href)) as {
    auth: Auth
    prisma: { $disconnect(): Promise<void>; readonly shop: { findMany(): Promise<unknown[]> } }
    openShop(account: NewAccount, name: string): Promise<string>
  }
  await auth.migrate()
  const open = (username: string, name: string) =>
    openShop({ email: `${username}@example.com`, username, password: PASSWORD }, name)

  const owner = await open('ann', 'Ann’s')
  await assert.rejects(open('bob', 'Ann’s'), { code: 'P2002' }, 'the row is refused')
  await assert.rejects(open('ann', 'Bob’s'), { code: 'ACCOUNT_NAME_TAKEN' }, 'the account is refused')
  assert.deepEqual(await client.shop.findMany(), [{ owner, name: 'Ann’s' }])
  assert.equal((await auth.users.findByLogin('ann'))?.id, owner)
  assert.equal(await auth.users.findByLogin('bob'), undefined)
  const created = await auth.events.list({ name: 'user.created', limit: 9 })
  assert.deepEqual(
    created.map(({ userId }) => userId),
    [owner],
  )
  const others = await Promise.all(['carl', 'dora', 'emil'].map((name) => open(name, `${name}’s`)))
  assert.equal(new Set(others).size, 3, 'several at once, each on its own connection')
  await client.$disconnect()
  await auth.close()
})

test('people of a Prisma table are taken over at their first sign-in, by the code of the page', async () => {
  const databaseUrl = await urlOfApplication(place)
  await run(databaseUrl, PEOPLE)
  await insertPeople(databaseUrl, 'Person', 'passwordHash')
  assert.equal(await takeOver(folder, databaseUrl), '')
})
