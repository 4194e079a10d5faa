import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire that can be cut, or that keeps what is sent until later. */
export interface TcpProxy {
  readonly port: number
  /** Every connection breaks, and none is made. */
  cut(): void
  /** Nothing gets through in either direction; connections stay open. */
  hold(): void
  /** What was held goes on its way; connections are made again. */
  mend(): void
  stop(): Promise<void>
}

type State = 'open' | 'held' | 'cut'

/** Stands between a client and a server on this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let state: State = 'open'
  const sockets = new Set<Socket>()

  const follow = (socket: Socket, peer: Socket): void => {
    sockets.add(socket)
    socket.on('data', (chunk) => peer.write(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      peer.destroy()
    })
    if (state === 'held') socket.pause()
  }
  const server = createServer((incoming) => {
    if (state === 'cut') {
      incoming.destroy()
      return
    }
    const outgoing = connect(targetPort, '127.0.0.1')
    follow(incoming, outgoing)
    follow(outgoing, incoming)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = 'cut'
      for (const socket of sockets) socket.destroy()
    },
    hold() {
      state = 'held'
      for (const socket of sockets) socket.pause()
    },
    mend() {
      state = 'open'
      for (const socket of sockets) socket.resume()
    },
    async stop() {
      state = 'cut'
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
