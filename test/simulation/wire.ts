import type { SimulatedNode } from './node.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface WireOptions {
  readonly time: VirtualTime
  readonly nodes: readonly SimulatedNode[]
  readonly random: () => number
  /** The share of questions whose answer never comes. */
  readonly lostShare: number
}

export interface Traffic {
  questions: number
  bytesUp: number
  bytesDown: number
}

export interface Wire {
  readonly traffic: Traffic
  /** What a verifier asks with: some milliseconds away from all nodes, one of which answers each question. */
  connect(): Connection
}

export interface Connection {
  readonly fetch: typeof fetch
  /** An event stream of one of the nodes: calls the listener at each hint; answers with the way to leave. */
  listen(listener: () => void): () => void
}

/** Of HTTP/1.1 without bodies: the address and the credential included, TLS not. Counted once from a real exchange. */
const HEAD_BYTES_UP = 420
const HEAD_BYTES_DOWN = 430
const HEARTBEAT_BYTES = 3
/** After a stream has ended or was refused. */
const LISTEN_AGAIN_MILLISECONDS = 5000

/** The network between verifiers and nodes: half of the verifiers near the nodes, the others up to 80 ms away. */
export function createWire({ time, nodes, random, lostShare }: WireOptions): Wire {
  const traffic: Traffic = { questions: 0, bytesUp: 0, bytesDown: 0 }
  const anyNode = (): SimulatedNode => nodes[Math.floor(random() * nodes.length)] as SimulatedNode

  function connect(): Connection {
    const away = random() < 0.5 ? 0.5 : 10 + 70 * random()
    const travel = (): Promise<void> => time.wait(away + (0.2 + away / 5) * -Math.log(1 - random()))

    async function ask(query: URLSearchParams, signal: AbortSignal): Promise<Response> {
      traffic.questions += 1
      traffic.bytesUp += HEAD_BYTES_UP + String(query).length
      const isLost = random() < lostShare
      await travel()
      const node = anyNode()
      if (!node.isUp) throw new TypeError('connection refused')
      const body = Buffer.from(await node.answer(query, signal))
      traffic.bytesDown += HEAD_BYTES_DOWN + body.byteLength
      if (isLost) await new Promise(() => {})
      await travel()
      if (!node.isUp) throw new TypeError('connection reset')
      // Of a Response the feed reads these two; a real one costs more than all the rest of a simulated question.
      return { status: 200, body: [body] } as unknown as Response
    }

    return {
      fetch: (input, init) => {
        const signal = init?.signal ?? new AbortController().signal
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          ask((input as URL).searchParams, signal).then(resolve, reject)
        })
      },
      listen(listener) {
        const leave = new AbortController()
        const listenOn = async (): Promise<void> => {
          const node = anyNode()
          const stream = node.isUp ? node.streams.open(leave.signal) : undefined
          for await (const event of stream ?? []) {
            traffic.bytesDown += event.byteLength
            if (event.byteLength > HEARTBEAT_BYTES) void travel().then(listener)
          }
          if (!leave.signal.aborted) time.schedule(() => void listenOn(), LISTEN_AGAIN_MILLISECONDS)
        }
        void listenOn()
        return () => leave.abort()
      },
    }
  }

  return { traffic, connect }
}
