/** What a client needs of the place it runs in. Browsers have all of it; what is missing elsewhere is done without. */
export interface Surroundings {
  fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response>
  /** The wall clock, which people set and which goes on in sleep. Milliseconds. */
  now(): number
  /** A clock that only goes forward, and may stand still in sleep. Milliseconds. */
  elapsed(): number
  /** From 0 to below 1. */
  chance(): number
  /** A text nobody guesses: 128 random bits. */
  newKey(): string
  /** Ends early when the signal is aborted, and leaves nothing behind that would keep a program from ending. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>
  readonly locks: Locks | undefined
  openChannel(name: string): Channel | undefined
  /** Of the page. */
  address(): string | undefined
  /** Told when the page is shown again that was put away whole, as by the back button: it heard nothing meanwhile. */
  onReturn(listener: () => void): void
}

/** Tells a listener. What that throws is its own affair, reported as uncaught: the next ones are told all the same. */
export function tell(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** As much of Web Locks as is used. */
export interface Locks {
  request<Value>(name: string, options: { signal: AbortSignal }, work: () => Promise<Value>): Promise<Value>
}

/** As much of a BroadcastChannel as is used. */
export interface Channel {
  postMessage(message: unknown): void
  onmessage: ((event: { readonly data: unknown }) => void) | null
  close(): void
}

interface Globals {
  readonly navigator?: { readonly locks?: Locks }
  readonly BroadcastChannel?: new (name: string) => Channel
  readonly location?: { readonly href: string }
  addEventListener?(type: 'pageshow', listener: (event: { readonly persisted: boolean }) => void): void
}

const globals = globalThis as unknown as Globals

/** The place we are in. Looked up at each call, as pages and tests may replace what is global. */
export const here: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  elapsed: () => performance.now(),
  chance: () => Math.random(),
  newKey: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    ),
  wait: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      signal?.addEventListener('abort', end)
    }),
  get locks() {
    return globals.navigator?.locks
  },
  openChannel(name) {
    // An open one ends with its page. A program would keep it for each client that was ever made, and some could not end.
    if (!globals.location || !globals.BroadcastChannel) return undefined
    try {
      return new globals.BroadcastChannel(name)
    } catch {
      // Forbidden, as by Firefox where cookies are.
      return undefined
    }
  },
  address: () => globals.location?.href,
  onReturn: (listener) => globals.addEventListener?.('pageshow', ({ persisted }) => persisted && listener()),
}
