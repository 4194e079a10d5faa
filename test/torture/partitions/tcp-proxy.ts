import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire that can be cut, that keeps what is sent until later, or that is slow. */
export interface TcpProxy {
  readonly port: number
  /** Every connection breaks, and none is made. */
  cut(): void
  /** Nothing gets through in either direction; connections stay open. */
  hold(): void
  /** Every answer comes so much later. */
  slow(milliseconds: number): void
  /** What was held goes on its way; connections are made again. */
  mend(): void
  /** Leads to another server from now on; every connection to the one before breaks. */
  leadTo(port: number): void
  stop(): Promise<void>
}

type State = 'open' | 'held' | 'cut'

/** Stands between a client and a server on this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let state: State = 'open'
  let target = targetPort
  let delayMilliseconds = 0
  const sockets = new Set<Socket>()
  const delayed = new Set<NodeJS.Timeout>()
  const queues = new Set<() => void>()

  const follow = (socket: Socket, take: (chunk: Buffer) => void, peer: Socket): void => {
    sockets.add(socket)
    socket.on('data', take)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      peer.destroy()
    })
    if (state === 'held') socket.pause()
  }
  /** In the order in which they came, also when what comes later is not delayed any more. */
  const slowly = (peer: Socket): ((chunk: Buffer) => void) => {
    const waiting: Buffer[] = []
    const send = (): void => {
      const chunk = waiting.shift()
      if (chunk !== undefined) peer.write(chunk)
    }
    const flush = (): void => {
      while (waiting.length > 0) send()
    }
    queues.add(flush)
    peer.once('close', () => queues.delete(flush))
    return (chunk) => {
      if (delayMilliseconds === 0 && waiting.length === 0) {
        peer.write(chunk)
        return
      }
      waiting.push(chunk)
      const timer = setTimeout(() => {
        delayed.delete(timer)
        send()
      }, delayMilliseconds)
      delayed.add(timer)
    }
  }
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((incoming) => {
    if (state === 'cut') {
      incoming.destroy()
      return
    }
    const outgoing = connect(target, '127.0.0.1')
    follow(incoming, (chunk) => outgoing.write(chunk), outgoing)
    follow(outgoing, slowly(incoming), incoming)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = 'cut'
      breakAll()
    },
    hold() {
      state = 'held'
      for (const socket of sockets) socket.pause()
    },
    slow(milliseconds) {
      delayMilliseconds = milliseconds
    },
    mend() {
      state = 'open'
      delayMilliseconds = 0
      for (const flush of queues) flush()
      for (const timer of delayed) clearTimeout(timer)
      delayed.clear()
      for (const socket of sockets) socket.resume()
    },
    leadTo(port) {
      target = port
      breakAll()
    },
    async stop() {
      state = 'cut'
      for (const timer of delayed) clearTimeout(timer)
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}
