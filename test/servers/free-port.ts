import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * A port of the loopback address for a server that has to be told one, and nobody else's for a minute: whoever asks the
 * system for any port is not given this one, and whoever names it gets it. That is what a connection leaves behind on
 * the side that closes it first (TIME_WAIT, RFC 9293 section 3.6), for servers that set SO_REUSEADDR, as all do.
 */
export async function findFreePort(): Promise<number> {
  const server = createServer((visitor) => visitor.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  await once(connect(address.port, '127.0.0.1').resume(), 'close')
  server.close()
  await once(server, 'close')
  return address.port
}
