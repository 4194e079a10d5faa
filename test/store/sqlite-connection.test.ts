import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { connect, createStatements } from '../../src/store/sqlite/connection.ts'
import { openDatabase } from '../../src/store/sqlite/database.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { settableClock } from './settable-clock.ts'

const STARRED = `SELECT a.*, b.note FROM first a JOIN second b ON b.id = a.id WHERE a.id = :id`

describe('the connection to SQLite', () => {
  it('reads each column under its own name after another process has altered the table', async () => {
    await withFile(async (path) => {
      const database = openDatabase(path)
      database.exec(`CREATE TABLE first (id INTEGER, word TEXT); INSERT INTO first VALUES (1, 'one');
        CREATE TABLE second (id INTEGER, note TEXT); INSERT INTO second VALUES (1, 'a note')`)
      const connection = connect(database, settableClock())
      const read = () => connection.read((db) => db.get(STARRED, { id: 1 }))
      const write = () => connection.write((db) => db.all(STARRED, { id: 1 }))
      assert.deepEqual(await read(), { id: 1, word: 'one', note: 'a note' })
      assert.deepEqual(await write(), [{ id: 1, word: 'one', note: 'a note' }])

      const another = new DatabaseSync(path)
      another.exec(`ALTER TABLE first ADD COLUMN added TEXT DEFAULT 'new'`)
      assert.deepEqual(await read(), { id: 1, word: 'one', added: 'new', note: 'a note' })
      // As many columns as before, and others.
      another.exec(`ALTER TABLE first DROP COLUMN word; ALTER TABLE first ADD COLUMN later TEXT`)
      assert.deepEqual(await write(), [{ id: 1, added: 'new', later: null, note: 'a note' }])
      assert.deepEqual(await read(), { id: 1, added: 'new', later: null, note: 'a note' })
      another.close()
      database.close()
    })
  })

  it('keeps no other process from writing where a transaction that has begun fails before its first statement', async () => {
    await withFile(async (path) => {
      const database = openDatabase(path)
      database.exec('CREATE TABLE first (id INTEGER)')
      const failing = {
        prepare: () => {
          throw new Error('disk I/O error')
        },
        exec: (sql: string) => database.exec(sql),
        close: () => database.close(),
        get isTransaction() {
          return database.isTransaction
        },
      }
      const connection = connect(failing, settableClock())
      await assert.rejects(connection.write((db) => db.run('INSERT INTO first VALUES (1)')))
      const another = new DatabaseSync(path)
      another.exec('INSERT INTO first VALUES (2)')
      another.close()
      database.close()
    })
  })

  it('takes the steps of a new schema once another process, which may be taking them too, lets go of the file', async () => {
    await withFile(async (path) => {
      openDatabase(path).close()
      const another = new Worker(
        `const { parentPort, workerData } = require('node:worker_threads')
         const database = new (require('node:sqlite').DatabaseSync)(workerData)
         database.exec('BEGIN IMMEDIATE')
         parentPort.postMessage('holds it')
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
         database.exec('COMMIT')`,
        { eval: true, workerData: path },
      )
      const ended = once(another, 'exit')
      await once(another, 'message')
      const store = createSqliteStore(path)
      await store.open({ clock: settableClock(), migrate: true })
      await store.close()
      await ended
    })
  })

  it('binds a value wherever its name stands, and refuses a statement that lacks one', () => {
    const database = openDatabase(':memory:')
    const rows = createStatements(database)
    const sql = 'SELECT :a a, :b b, :a again, :flag flag, :none none'
    const values = { a: 'x', b: 2, flag: true, none: undefined }
    assert.deepEqual(rows.get(sql, values), { a: 'x', b: 2, again: 'x', flag: 1, none: null })
    assert.throws(() => rows.get(sql, { a: 'x', b: 2, flag: true }), /lacks a value for none/)
    assert.equal(rows.get('SELECT 1 one WHERE 1 = 0'), undefined)
    database.close()
  })
})

async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'))
  try {
    await work(join(folder, 'shared.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
