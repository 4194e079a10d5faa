import { DatabaseSync } from 'node:sqlite'
import type { Store } from '../../src/store/store.ts'

/** What verbs of an SQLite store changed, and whether an audit event came with it. */
export interface WatchedChanges {
  watch(store: Store): Store
  /** Verbs that changed rows and wrote no event, each with the tables; as `users.create`. */
  unaudited(): ReadonlyMap<string, ReadonlySet<string>>
  /** Verbs that wrote an event with their change. */
  audited(): ReadonlySet<string>
  close(): void
}

/**
 * Puts triggers on every table of the file, and looks after each call of a verb what they saw. Calls that ran beside each
 * other are judged where all were of one verb: else nobody could say whose change it was.
 */
export function watchChanges(path: string): WatchedChanges {
  const file = new DatabaseSync(path)
  file.exec(`CREATE TABLE seen (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT`)
  const tables = file.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'cs\\_%' ESCAPE '\\'`,
  )
  for (const { name } of tables.all()) {
    for (const change of ['INSERT', 'UPDATE', 'DELETE'])
      file.exec(
        `CREATE TRIGGER seen_${change}_${name} AFTER ${change} ON ${name} BEGIN
           INSERT INTO seen (name) VALUES ('${name} ${change.toLowerCase()}'); END`,
      )
  }
  const newest = file.prepare('SELECT coalesce(max(number), 0) number FROM seen')
  const since = file.prepare('SELECT DISTINCT name FROM seen WHERE number > ?')
  const unaudited = new Map<string, Set<string>>()
  const audited = new Set<string>()
  let underWay = 0
  let before = 0
  const together = new Set<string>()

  const note = (verb: string): void => {
    const names = since.all(before).map(({ name }) => String(name))
    if (names.length === 0) return
    if (names.includes('cs_events insert')) audited.add(verb)
    else unaudited.set(verb, new Set([...(unaudited.get(verb) ?? []), ...names]))
  }

  const watchVerb =
    (verb: string, call: (...args: unknown[]) => unknown) =>
    async (...args: unknown[]): Promise<unknown> => {
      if (underWay === 0) before = Number(newest.get()?.number)
      underWay += 1
      together.add(verb)
      try {
        return await call(...args)
      } finally {
        underWay -= 1
        if (underWay === 0) {
          if (together.size === 1) note(verb)
          together.clear()
        }
      }
    }

  const watchAll = <Value extends object>(value: Value, prefix: string): Value =>
    new Proxy(value, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        const verb = `${prefix}${String(name)}`
        if (typeof member === 'function')
          return watchVerb(verb, (...args) => Reflect.apply(member, target, args))
        return typeof member === 'object' && member !== null ? watchAll(member, `${verb}.`) : member
      },
    })

  return {
    watch: (store) => watchAll(store, ''),
    unaudited: () => unaudited,
    audited: () => audited,
    close: () => file.close(),
  }
}
