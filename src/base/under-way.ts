/** What has begun and not ended. */
export interface UnderWay<Item> extends Iterable<Item> {
  /** Answers how to take it away again, once. */
  add(item: Item): () => void
}

interface Entry<Item> {
  readonly item: Item
  index: number
}

/**
 * For what comes and goes with each request, where a Set would not do: V8 lets every table that a Set has outgrown hold the
 * next one, so that a single one among its old objects keeps all that come after it, and what they held, from being
 * collected with the new ones.
 */
export function createUnderWay<Item>(): UnderWay<Item> {
  const entries: Entry<Item>[] = []
  return {
    add(item) {
      const entry = { item, index: entries.length }
      entries.push(entry)
      return () => {
        const last = entries.pop()
        if (last === undefined || last === entry) return
        entries[entry.index] = last
        last.index = entry.index
      }
    },
    *[Symbol.iterator]() {
      for (const { item } of entries) yield item
    },
  }
}
