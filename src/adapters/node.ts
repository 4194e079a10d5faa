import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Auth } from '../auth.ts'

/**
 * The whole issuer as a listener for `http.createServer`. The client's address is that of the connection. Answers
 * everything, also with 404: in an application of your own ask `auth.handles(path)` first, or mount it under a path.
 */
export function nodeListener(auth: Pick<Auth, 'fetch'>): RequestListener {
  const listener = getRequestListener(
    (request, { incoming }) => auth.fetch(request, { address: incoming.socket.remoteAddress }),
    { overrideGlobalObjects: false },
  )
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // A promise that nobody holds: what it could reject with was answered inside.
    void listener(incoming, outgoing)
  }
}
