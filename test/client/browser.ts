import type { Channel, Locks, Surroundings } from '../../src/client/surroundings.ts'
import type { TokenStore } from '../../src/client/token-store.ts'

/** What one browser's tabs have in common: storage, locks, channels, and the machine's clock. */
export interface PretendBrowser {
  /** A tab's view of it. `fetch` is the network it is given. */
  tab(fetch: Surroundings['fetch'], options?: TabOptions): Surroundings
  readonly store: TokenStore & { text: string | undefined }
  /** The wall clock and the steady one go on. */
  advance(milliseconds: number): void
  /** Pages that were put away are shown again. */
  comeBack(): void
  /** Somebody sets the wall clock. */
  step(milliseconds: number): void
}

export interface TabOptions {
  readonly locks?: boolean
  readonly address?: string
}

export interface PretendBrowserOptions {
  readonly start?: number
  readonly chance?: () => number
  /** Called where a tab waits; by default its time passes at once, after whatever else was about to happen. */
  readonly wait?: (milliseconds: number) => Promise<void>
}

export function pretendBrowser({
  start = Date.parse('2026-11-23T08:00:00Z'),
  chance = Math.random,
  wait = () => new Promise((resolve) => setImmediate(resolve)),
}: PretendBrowserOptions = {}): PretendBrowser {
  let wall = start
  let steady = 0
  const returning: (() => void)[] = []
  const channels = new Set<Channel & { readonly name: string }>()
  const locks = pretendLocks()
  const store = {
    text: undefined as string | undefined,
    async read() {
      return store.text
    },
    async replace(before: string | undefined, next: string | undefined) {
      if (store.text !== before) return false
      store.text = next
      return true
    },
  }
  const openChannel = (name: string): Channel => {
    const channel = {
      name,
      onmessage: null as Channel['onmessage'],
      postMessage(message: unknown) {
        for (const other of channels) {
          if (other === channel || other.name !== name) continue
          setImmediate(() => other.onmessage?.({ data: structuredClone(message) }))
        }
      },
      close: () => void channels.delete(channel),
    }
    channels.add(channel)
    return channel
  }
  const advance = (milliseconds: number) => {
    wall += milliseconds
    steady += milliseconds
  }
  return {
    store,
    advance,
    comeBack: () => {
      for (const listener of returning) listener()
    },
    step(milliseconds) {
      wall += milliseconds
    },
    tab: (fetch, options = {}) => ({
      fetch,
      now: () => wall,
      elapsed: () => steady,
      chance,
      newKey: () => crypto.randomUUID(),
      async wait(milliseconds) {
        await wait(milliseconds)
        advance(milliseconds)
      },
      locks: options.locks === false ? undefined : locks,
      openChannel,
      address: () => options.address,
      onReturn: (listener) => void returning.push(listener),
    }),
  }
}

/** Exclusive, in the order of asking, as Web Locks are. */
function pretendLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    request(name, _options, work) {
      const turn = (tails.get(name) ?? Promise.resolve()).then(work)
      tails.set(
        name,
        turn.catch(() => undefined),
      )
      return turn
    },
  }
}
