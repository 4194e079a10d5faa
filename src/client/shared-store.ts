import type { TokenStore } from './token-store.ts'

/** As much of IndexedDB as is used: the types of a browser's world would otherwise be those of the server too. */
interface Request<Value> {
  readonly result: Value
  readonly error: unknown
  onsuccess: (() => void) | null
  onerror: (() => void) | null
  onblocked?: (() => void) | null
  onupgradeneeded?: (() => void) | null
}
interface ObjectStore {
  get(key: string): Request<string | undefined>
  put(value: string, key: string): unknown
  delete(key: string): unknown
}
interface Transaction {
  objectStore(name: string): ObjectStore
  readonly error: unknown
  oncomplete: (() => void) | null
  onabort: (() => void) | null
}
interface Database {
  createObjectStore(name: string): unknown
  transaction(name: string, mode: string, options: { durability: string }): Transaction
  close(): void
  onversionchange: (() => void) | null
  onclose: (() => void) | null
}
export interface IndexedDb {
  open(name: string, version: number): Request<Database>
}

const DATABASE = 'countersign'
const OBJECTS = 'tokens'

/**
 * In IndexedDB: for all tabs of the origin, until somebody signs out. Unlike `localStorage` it compares and writes in one
 * step, and a tab that was let in sees what the one before it wrote.
 */
export function sharedStore(indexedDb: IndexedDb, key: string): TokenStore {
  let opened: Promise<Database> | undefined

  const open = () => {
    opened ??= new Promise<Database>((resolve, reject) => {
      const request = indexedDb.open(DATABASE, 1)
      request.onupgradeneeded = () => void request.result.createObjectStore(OBJECTS)
      request.onerror = () => reject(request.error)
      request.onsuccess = () => {
        const database = request.result
        const forget = () => {
          opened = undefined
          database.close()
        }
        database.onversionchange = forget
        database.onclose = forget
        resolve(database)
      }
    })
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }

  /** What `use` answers once everything it asked for is on the disk. */
  const transact = async <Value>(
    mode: 'readonly' | 'readwrite',
    use: (objects: ObjectStore, answer: (value: Value) => void) => void,
    again = true,
  ): Promise<Value> => {
    const database = await open()
    let transaction: Transaction
    try {
      transaction = database.transaction(OBJECTS, mode, { durability: 'strict' })
    } catch (error) {
      // A connection can be lost without a word, as in Safari after the background. A new one serves.
      opened = undefined
      database.close()
      if (!again) throw error
      return transact(mode, use, false)
    }
    return new Promise<Value>((resolve, reject) => {
      let answered: Value
      transaction.oncomplete = () => resolve(answered)
      transaction.onabort = () => reject(transaction.error)
      use(transaction.objectStore(OBJECTS), (value) => {
        answered = value
      })
    })
  }

  return {
    read: () =>
      transact<string | undefined>('readonly', (objects, answer) => {
        const request = objects.get(key)
        request.onsuccess = () => answer(request.result)
      }),
    replace: (before, next) =>
      transact<boolean>('readwrite', (objects, answer) => {
        const request = objects.get(key)
        request.onsuccess = () => {
          const same = request.result === before
          answer(same)
          if (same) next === undefined ? objects.delete(key) : objects.put(next, key)
        }
      }),
  }
}
