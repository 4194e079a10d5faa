import { connect, type Socket } from 'node:net'
import { cpuSeconds } from './cpu.ts'
import { keepAwake } from './keep-awake.ts'

export interface Figures {
  readonly perSecond: number
  /** Of the server, for each request. */
  readonly cpuMicroseconds: number
}

export interface GetLoad {
  readonly port: number
  readonly path: string
  /** Of the server. */
  readonly pid: number
  readonly connections: number
  /** Sent in turn, each as the Authorization header of a request. */
  readonly tokens: readonly string[]
}

export const BEARER = 'Authorization: Bearer '

/** Requests ready to be sent: what it costs to put them together is not measured. */
export function requestsOf(path: string, tokens: readonly string[], header = BEARER): Buffer[] {
  return tokens.map((token) =>
    Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n` +
        `${header}${token}\r\n\r\n`,
    ),
  )
}

/** Keeps that many connections busy for a time, each with one request after the other. Rejects on anything but 200. */
export async function loadFor(
  { port, pid, connections }: Omit<GetLoad, 'tokens' | 'path'>,
  requests: readonly Buffer[],
  milliseconds: number,
): Promise<Figures> {
  let next = 0
  let count = 0
  let running = true
  const take = (): Buffer => {
    next = next + 1 < requests.length ? next + 1 : 0
    return requests[next] as Buffer
  }
  const cpu = cpuSeconds(pid)
  const began = performance.now()
  const ends = Array.from({ length: connections }, () =>
    keepAsking(
      port,
      take,
      () => (count += 1),
      () => running,
    ),
  )
  const timer = setTimeout(() => (running = false), milliseconds)
  keepAwake(() => running)
  await Promise.all(ends).finally(() => {
    running = false
    clearTimeout(timer)
  })
  const took = performance.now() - began
  return { perSecond: (count * 1000) / took, cpuMicroseconds: ((cpuSeconds(pid) - cpu) * 1e6) / count }
}

/** Every token once, over a few connections. */
export async function sendEach(port: number, requests: readonly Buffer[]): Promise<void> {
  let at = 0
  const take = (): Buffer => requests[at++ % requests.length] as Buffer
  await Promise.all(
    Array.from({ length: 8 }, () =>
      keepAsking(
        port,
        take,
        () => undefined,
        () => at < requests.length,
      ),
    ),
  )
}

const OK = Buffer.from('HTTP/1.1 200 ')

function keepAsking(
  port: number,
  take: () => Buffer,
  counted: () => void,
  goesOn: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let text = ''
    let wholeBytes = 0
    const answered = (): void => {
      counted()
      if (goesOn()) socket.write(take())
      else {
        socket.destroy()
        resolve()
      }
    }
    socket.on('connect', () => socket.write(take()))
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      // Answers are as long as the first one: such a 200 need not be taken apart. A slow client would measure itself.
      if (text === '' && chunk.length === wholeBytes && OK.equals(chunk.subarray(0, OK.length))) {
        answered()
        return
      }
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return
      const at = text.search(/content-length: /i)
      if (at === -1 || at > end) return fail(socket, reject, text)
      const length = Number.parseInt(text.slice(at + 16, at + 24), 10)
      if (text.length < end + 4 + length) return
      if (!text.startsWith('HTTP/1.1 200')) return fail(socket, reject, text)
      text = ''
      wholeBytes = end + 4 + length
      answered()
    })
  })
}

function fail(socket: Socket, reject: (error: Error) => void, text: string): void {
  socket.destroy()
  reject(new Error(text.slice(0, 300)))
}
