/**
 * Where the tokens of a session lie: one text, shared by whoever opens the same place. Bring your own for a native app's
 * key chain or a file.
 */
export interface TokenStore {
  read(): Promise<string | undefined>
  /**
   * Writes `next`, or nothing where it is undefined, if the text is still `before`; says whether it did. For everybody who
   * shares the place that should be one step: an answer that comes late must not replace a later one.
   */
  replace(before: string | undefined, next: string | undefined): Promise<boolean>
}

/** What `localStorage`, `sessionStorage` and React Native's AsyncStorage have in common. */
export interface KeyValueStorage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): void | Promise<void>
  removeItem(key: string): void | Promise<void>
}

/** In this page's memory: nothing lies about, and a reload signs out. */
export function memoryStore(): TokenStore {
  let text: string | undefined
  return {
    read: async () => text,
    async replace(before, next) {
      if (text !== before) return false
      text = next
      return true
    },
  }
}

/** In a storage of keys and values. Reading and writing are two steps there; whoever shares it should take turns. */
export function keyValueStore(storage: KeyValueStorage, key: string): TokenStore {
  const read = async () => (await storage.getItem(key)) ?? undefined
  return {
    read,
    async replace(before, next) {
      if ((await read()) !== before) return false
      await (next === undefined ? storage.removeItem(key) : storage.setItem(key, next))
      return true
    },
  }
}
