import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import type { HintVerbs } from '../hints.ts'
import { failingLate, loadDriver } from './driver.ts'

const CHANNEL = 'countersign'
/** Of all notices of a process within this time one is sent: a notice takes a lock that all who notify share. */
const QUIET_MILLISECONDS = 20
const OWN_NOTICE_MILLISECONDS = 2000
const FIRST_RETRY_MILLISECONDS = 500
const LONGEST_RETRY_MILLISECONDS = 30_000

export interface Hints extends HintVerbs {
  open(): void
  /** Ends the connection and forgets the listeners; may be opened again. */
  close(): Promise<void>
}

/**
 * LISTEN and NOTIFY over one direct connection of their own (PROTOCOL 2.3). It is made at the first use and made again
 * when it is lost; then every listener is called, for what was missed nobody knows. A pooler between here and the
 * server may swallow all notices, so each new connection waits for its own to come back.
 */
export function postgresHints(url: string, limitMilliseconds: number): Hints {
  const listeners = new Set<() => void>()
  let client: pg.Client | undefined
  let connected: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let owed = false
  let sending = false
  let working = false
  let failures = 0
  let open = false

  function tellAll(): void {
    for (const listener of listeners) listener()
  }

  async function connect(): Promise<void> {
    const { Client } = await loadDriver()
    if (!open) return
    const candidate = new (failingLate(Client))({
      connectionString: url,
      application_name: 'countersign hints',
      connectionTimeoutMillis: limitMilliseconds,
      query_timeout: limitMilliseconds,
      keepAlive: true,
    })
    client = candidate
    candidate.on('error', () => lose(candidate))
    candidate.on('end', () => lose(candidate))
    try {
      await candidate.connect()
      const heard = ownNotice(candidate)
      await candidate.query(`LISTEN ${CHANNEL}; NOTIFY ${CHANNEL}`)
      const came = await heard
      if (client !== candidate) return
      working = came
      failures = 0
      candidate.on('notification', tellAll)
      tellAll()
    } catch {
      lose(candidate)
    }
  }

  /** Once for each connection, however many signs of its end there are. */
  function lose(lost: pg.Client): void {
    if (client !== lost) return
    client = undefined
    working = false
    lost.end().catch(() => {})
    if (!open) return
    const rest = Math.min(FIRST_RETRY_MILLISECONDS * 2 ** failures, LONGEST_RETRY_MILLISECONDS)
    failures += 1
    retry = setTimeout(() => {
      connected = connect()
    }, rest)
    retry.unref()
  }

  /** A hint that is lost costs the others the wait for their next pull, no more. */
  async function notify(): Promise<void> {
    connected ??= connect()
    await connected
    const sender = client
    await sender?.query(`NOTIFY ${CHANNEL}`).catch(() => lose(sender))
  }

  async function sendOwed(): Promise<void> {
    while (owed && open) {
      owed = false
      await notify()
      await pause(QUIET_MILLISECONDS, undefined, { ref: false })
    }
    sending = false
  }

  function send(): void {
    owed = true
    if (!open || sending) return
    sending = true
    void sendOwed()
  }

  return {
    send,
    get working() {
      return working
    },
    async subscribe(listener) {
      listeners.add(listener)
      connected ??= connect()
      await connected
      return async () => {
        listeners.delete(listener)
      }
    },
    open() {
      open = true
    },
    async close() {
      open = false
      clearTimeout(retry)
      listeners.clear()
      const last = client
      client = undefined
      connected = undefined
      working = false
      failures = 0
      await last?.end().catch(() => {})
    },
  }
}

/**
 * Whether a notice of this very connection comes back in time. Compared with the number that the connection was told
 * at its start: a pooler tells one of its own, and its notices reach whoever happens to be attached.
 */
function ownNotice(client: pg.Client): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(false), OWN_NOTICE_MILLISECONDS)
    const settle = (came: boolean) => {
      clearTimeout(timer)
      client.off('notification', hear)
      resolve(came)
    }
    const hear = ({ processId }: pg.Notification) => {
      if ('processID' in client && client.processID === processId) settle(true)
    }
    client.on('notification', hear)
  })
}
