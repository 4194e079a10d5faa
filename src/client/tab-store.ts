import type { Channel } from './surroundings.ts'
import { type KeyValueStorage, keyValueStore, type TokenStore } from './token-store.ts'

const REMEMBERED = 8

interface Message {
  /** What a tab holds that was just loaded. */
  readonly asks?: string
  /** What was replaced, and by what; by nothing at a sign-out. */
  readonly before?: string
  readonly next?: string
}

/**
 * In `sessionStorage`: until the tab is closed. A browser copies that when a tab is duplicated, or opened by another, and
 * two holders of one refresh token that know nothing of each other look like a theft. So each tells the others what it
 * replaced, and one that was just loaded asks whether what it found has been replaced meanwhile.
 */
export function tabStore(storage: KeyValueStorage, key: string, channel: Channel | undefined): TokenStore {
  const store = keyValueStore(storage, key)
  if (channel === undefined) return store
  const replaced: unknown[] = []

  const hear = async ({ asks, before, next }: Message) => {
    if (before !== undefined) await store.replace(before, next)
    if (replaced.includes(asks)) channel.postMessage({ before: asks, next: await store.read() })
  }
  const ask = async () => {
    const text = await store.read()
    if (text !== undefined) channel.postMessage({ asks: text })
  }
  // Whoever reads or writes next is told what is wrong with the storage.
  const ignore = () => undefined
  channel.onmessage = ({ data }) => void hear(data as Message).catch(ignore)
  void ask().catch(ignore)
  return {
    read: store.read,
    async replace(before, next) {
      const done = await store.replace(before, next)
      if (done && before !== undefined) {
        replaced.unshift(before)
        replaced.length = Math.min(replaced.length, REMEMBERED)
        channel.postMessage({ before, next })
      }
      return done
    },
  }
}
