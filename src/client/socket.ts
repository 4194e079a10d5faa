import { type Client, partsOf } from './create-client.ts'
import { DEADLINE_MILLISECONDS } from './issuer-call.ts'
import type { Surroundings } from './surroundings.ts'

/** As much of a WebSocket as is used. */
interface Connection {
  readonly readyState: number
  send(data: string): void
  close(code?: number, reason?: string): void
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number }) => void) | null
  onerror: (() => void) | null
}

export interface SocketOptions {
  /** Where the application accepts sockets: `wss://api.example.com/ws`. It gets `?ticket=` added. */
  readonly url: string
  readonly onMessage: (data: unknown) => void
  /** Each time it is open, also again: subscribe here to what you want to be told. */
  readonly onOpen?: () => void
  /** Each time it was closed, with the code; it is opened again unless you close it. */
  readonly onClose?: (code: number) => void
}

export interface LiveSocket {
  /** False while there is no open connection: nothing is kept for later. */
  send(data: string): boolean
  /** For good. */
  close(): void
}

const FIRST_MILLISECONDS = 500
const LONGEST_MILLISECONDS = 30_000
/** What was open for so long was no failed attempt. */
const STABLE_MILLISECONDS = 5000
const OPEN = 1

/** How long to wait before the next attempt, after so many that failed. Never less than half of what it could be. */
export function backOffMilliseconds(failures: number, chance: number): number {
  return Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(failures, 10)) * (0.5 + chance / 2)
}

/**
 * A WebSocket that is there while somebody is signed in. A ticket is good once, so each connection buys a new one; when
 * the server closes because the access token has ended, the next is bought with a fresh token.
 */
export function openSocket(client: Client, options: SocketOptions): LiveSocket {
  const { surroundings } = partsOf(client)
  // Here and not later, where nobody would be told that it is none.
  const address = new URL(options.url)
  let connection: Connection | undefined
  let failures = 0
  /** Over when it is closed, or another session's. */
  let attempt = new AbortController()

  const isSignedOut = () => client.session.status === 'signed-out'

  const connect = async (): Promise<void> => {
    const { signal } = attempt
    await client.ready().catch(() => undefined)
    // Nobody's ticket is not asked for: whoever signs in is told of, and connects then.
    if (signal.aborted || isSignedOut()) return
    const ticket = await buyTicket(client, signal)
    if (signal.aborted) return
    if (ticket === undefined) {
      if (!isSignedOut()) await again(surroundings, signal)
      return
    }
    const url = new URL(address)
    url.searchParams.set('ticket', ticket)
    let openedAt: number | undefined
    const current = openConnection(url.href)
    connection = current
    current.onopen = () => {
      openedAt = surroundings.elapsed()
      options.onOpen?.()
    }
    // Once it was closed, or is another's, what is still on the way is for nobody.
    current.onmessage = ({ data }) => signal.aborted || options.onMessage(data)
    current.onclose = ({ code }) => {
      if (connection === current) connection = undefined
      if (openedAt !== undefined && surroundings.elapsed() - openedAt > STABLE_MILLISECONDS) failures = 0
      if (!signal.aborted) void again(surroundings, signal)
      if (openedAt !== undefined) options.onClose?.(code)
    }
  }
  const again = async ({ wait, chance }: Surroundings, signal: AbortSignal): Promise<void> => {
    await wait(backOffMilliseconds(failures++, chance()), signal)
    if (!signal.aborted) await connect()
  }
  const drop = () => {
    attempt.abort()
    attempt = new AbortController()
    connection?.close(1000)
    connection = undefined
  }

  let whose = sessionOf(client)
  const stop = client.subscribe(() => {
    const before = whose
    whose = sessionOf(client)
    if (whose === before) return
    failures = 0
    drop()
    if (whose !== undefined) void connect()
  })
  if (!isSignedOut()) void connect()
  return {
    send(data) {
      if (connection?.readyState !== OPEN) return false
      connection.send(data)
      return true
    },
    close() {
      stop()
      drop()
    },
  }
}

/** A connection is of one session: another sign-in gets another. Undefined while nobody is signed in. */
function sessionOf({ session }: Client): string | undefined {
  return session.status === 'signed-in' ? (session.sessionId ?? '') : undefined
}

async function buyTicket(client: Client, until: AbortSignal): Promise<string | undefined> {
  const controller = new AbortController()
  const leave = () => controller.abort()
  const timer = setTimeout(leave, DEADLINE_MILLISECONDS)
  until.addEventListener('abort', leave)
  try {
    const { signal } = controller
    const response = await client.fetch(`${client.issuer}/ws-ticket`, { method: 'POST', signal })
    const { ticket } = (await response.json()) as { readonly ticket?: unknown }
    return response.ok && typeof ticket === 'string' ? ticket : undefined
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    until.removeEventListener('abort', leave)
  }
}

function openConnection(url: string): Connection {
  const { WebSocket } = globalThis as unknown as { readonly WebSocket: new (url: string) => Connection }
  return new WebSocket(url)
}
