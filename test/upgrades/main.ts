// `npm run keep-schema`: keeps a database of the newest schema of each dialect, for the tests of every later release.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { postgres } from '../../src/postgres.ts'
import { MIGRATIONS } from '../../src/store/sqlite/migrations/index.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { startIssuer } from '../flows/issuer.ts'
import { startPostgres } from '../servers/postgres.ts'
import { postgresClient, requireProgram } from '../servers/programs.ts'
import { isKept, keep } from './kept.ts'
import { type Holdings, optionsOf, STORY } from './story.ts'

const PATIENCE_MILLISECONDS = 60_000
const SCHEMA = MIGRATIONS.at(-1)?.version ?? 0

/** Plays the chapters that this release knows. */
async function play(store: Store): Promise<Record<string, Holdings>> {
  const issuer = await startIssuer({ ...optionsOf(SCHEMA), store })
  const stage = { issuer, store, now: Date.now, tokensLive: true }
  const holdings: Record<string, Holdings> = {}
  for (const [name, chapter] of Object.entries(STORY)) {
    if (chapter.since <= SCHEMA) holdings[name] = await chapter.write(stage)
  }
  await issuer.close()
  return holdings
}

async function keepSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-keep-'))
  try {
    const path = join(folder, 'countersign.db')
    const holdings = await play(createSqliteStore(path))
    // What is in the log goes to the file.
    const database = new DatabaseSync(path)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    keep('sqlite', SCHEMA, readFileSync(path), { at: Date.now(), holdings })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function keepPostgres(): Promise<void> {
  const server = await startPostgres()
  try {
    const holdings = await play(postgres({ url: server.url, limitMilliseconds: PATIENCE_MILLISECONDS }))
    const dump = join(requireProgram(postgresClient), '..', 'pg_dump')
    const args = ['--schema=countersign', '--rows-per-insert=100', '--no-owner', '--no-privileges']
    const { username, password, port, pathname } = new URL(server.url)
    const text = execFileSync(
      dump,
      [...args, '-h', '127.0.0.1', '-p', port, '-U', username, pathname.slice(1)],
      { encoding: 'utf8', env: { ...process.env, PGPASSWORD: password } },
    )
    keep('postgres', SCHEMA, Buffer.from(plain(text)), { at: Date.now(), holdings })
  } finally {
    await server.stop()
  }
}

/** Without what is for psql alone, and without settings that another version of the server may not know. */
function plain(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => !/^(--|\\|SET |SELECT pg_catalog\.set_config)/.test(line) && line !== '')
    .join('\n')
}

if (isKept('sqlite', SCHEMA) && isKept('postgres', SCHEMA)) {
  console.log(`Schema ${SCHEMA} is kept already. What is released stays as it is.`)
} else {
  await keepSqlite()
  await keepPostgres()
  console.log(`Kept a database of schema ${SCHEMA} in test/upgrades/databases: commit it with the migration.`)
}
