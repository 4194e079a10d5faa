import type { WebSocket } from '@fastify/websocket'

const MAX_CHARACTERS = 500

const present = new Set<WebSocket>()

/** Lets somebody in, who hears all that is said from now on. The name is that of the account: nobody speaks for another. */
export function enter(socket: WebSocket, name: string): void {
  present.add(socket)
  say(name, 'is here')
  socket.on('message', (data) => {
    const text = String(data).trim().slice(0, MAX_CHARACTERS)
    if (text !== '') say(name, text)
  })
  socket.on('close', () => {
    present.delete(socket)
    say(name, 'has left')
  })
}

function say(name: string, text: string): void {
  for (const socket of present) socket.send(JSON.stringify({ name, text }))
}
