// The table that the application has always had, with two columns more: the account, and how it was when it was moved.
import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { compare, hash, hashSync } from 'bcryptjs'

export interface Person {
  readonly id: number
  readonly email: string
  readonly passwordHash: string
  /** The account at Countersign; null until it has been moved there. */
  readonly accountId: string | null
  /** Of the account at the move. It is raised when all sessions end: by a new password, "sign out everywhere", a closing. */
  readonly accountEpoch: number | null
}

mkdirSync('data', { recursive: true })
const db = new DatabaseSync('data/people.db')
db.exec(`CREATE TABLE IF NOT EXISTS people (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
  account_id TEXT UNIQUE, account_epoch INTEGER
)`)
const SELECT = `SELECT id, email, password_hash AS passwordHash, account_id AS accountId, account_epoch AS accountEpoch
  FROM people`

// Somebody to try it with.
const { people: count } = db.prepare('SELECT count(*) AS people FROM people').get() as { people: number }
if (count === 0) {
  db.prepare('INSERT INTO people (email, password_hash) VALUES (?, ?)').run(
    'ann@example.com',
    hashSync('correct horse battery', 10),
  )
}

/** Compared where nobody is found, so that both answers take as long. */
const NOBODY = await hash('nobody', 10)

export const people = {
  find: (id: number) => db.prepare(`${SELECT} WHERE id = ?`).get(id) as Person | undefined,

  /** Those who are not at Countersign yet. */
  toMove: () => db.prepare(`${SELECT} WHERE account_id IS NULL`).all() as never as Person[],

  moved(id: number, account: { readonly id: string; readonly epoch: number }): void {
    db.prepare('UPDATE people SET account_id = ?, account_epoch = ? WHERE id = ?').run(
      account.id,
      account.epoch,
      id,
    )
  },

  async byPassword(email: unknown, password: unknown): Promise<Person | undefined> {
    const row = db.prepare(`${SELECT} WHERE email = ?`).get(String(email)) as Person | undefined
    const isTheirs = await compare(String(password), row?.passwordHash ?? NOBODY)
    return isTheirs ? row : undefined
  },
}
