import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { Duplex } from 'node:stream'

/** One request, with its path exactly as it goes over the wire: nothing here straightens it. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export interface Answer {
  /** 0 where there was no answer: `body` then says what happened instead. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The beginning of it. */
  readonly body: string
}

/** Sends a request, never follows a redirect and never rejects. */
export type Send = (request: Sent) => Promise<Answer>

/** What `body` says where the time limit of a request came first. */
export const NO_ANSWER_IN_TIME = 'no answer in time'

export interface Sender {
  readonly send: Send
  /** How many were sent. */
  readonly count: () => number
  close(): void
}

export interface SenderOptions {
  /** Requests per second, at most. */
  readonly rate: number
  /** How long one answer may take. */
  readonly timeoutMilliseconds: number
}

const LONGEST_BODY = 64 * 1024
const LONGEST_WAIT_SECONDS = 5
const MOST_WAITS = 3

/** Sends to one origin, at a steady rate, and waits where the server asks for it (429). */
export function createSender(base: URL, options: SenderOptions): Sender {
  const secure = base.protocol === 'https:'
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true })
  const prefix = base.pathname.replace(/\/$/, '')
  const gap = 1000 / options.rate
  let next = 0
  let count = 0

  const turn = async (): Promise<void> => {
    const now = performance.now()
    const at = Math.max(now, next)
    next = at + gap
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now))
  }

  const once = ({ method, path, headers, body }: Sent): Promise<Answer> =>
    new Promise<Answer>((resolve) => {
      count += 1
      const lost = (why: string): void => resolve({ status: 0, headers: {}, body: why })
      const outgoing = (secure ? secureRequest : plainRequest)(
        {
          agent,
          method,
          host: base.hostname.replace(/^\[|\]$/g, ''),
          port: base.port || (secure ? 443 : 80),
          path: `${prefix}${path}`,
          headers: {
            'user-agent': 'countersign-probe',
            ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
            ...headers,
          },
          signal: AbortSignal.timeout(options.timeoutMilliseconds),
        },
        (incoming) => {
          readBody(incoming).then(
            (text) => resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: text }),
            () => lost('the answer broke off'),
          )
        },
      )
      outgoing.on('error', ({ name, message }) =>
        lost(name === 'TimeoutError' || name === 'AbortError' ? NO_ANSWER_IN_TIME : message),
      )
      // Without these nobody is told of such an answer, and the probe would wait for ever.
      const switched = (incoming: IncomingMessage, socket: Duplex): void => {
        socket.destroy()
        resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: '' })
      }
      outgoing.on('upgrade', switched).on('connect', switched)
      outgoing.end(body)
      // A document may name a path or a type that cannot go over the wire.
    }).catch(({ message }: Error) => ({ status: 0, headers: {}, body: message }))

  return {
    async send(request) {
      for (let waits = 0; ; waits++) {
        await turn()
        const answer = await once(request)
        const seconds = Number(answer.headers['retry-after'] ?? 1)
        if (answer.status !== 429 || waits === MOST_WAITS || !(seconds <= LONGEST_WAIT_SECONDS)) return answer
        await new Promise((resolve) => setTimeout(resolve, Math.max(seconds, 0.1) * 1000))
      }
    },
    count: () => count,
    close: () => agent.destroy(),
  }
}

function headersOf({ headers }: IncomingMessage): Answer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of incoming) {
    parts.push(part)
    bytes += part.length
    // A stream that never ends has been answered all the same.
    if (bytes > LONGEST_BODY) break
  }
  return Buffer.concat(parts).toString('utf8', 0, LONGEST_BODY)
}
