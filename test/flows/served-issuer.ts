import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeListener } from '../../src/adapters/node.ts'
import type { AuthOptions } from '../../src/index.ts'
import { startIssuer, type TestIssuer } from './issuer.ts'

/** An issuer that answers on a port of its own, for clients that send their requests themselves. */
export interface ServedIssuer {
  readonly issuer: TestIssuer
  /** Its address, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

/** The port is taken before the issuer is made, which has to know it. */
export async function startServedIssuer(options: AuthOptions = {}): Promise<ServedIssuer> {
  const server = createServer().listen(0, '127.0.0.1')
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  try {
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const issuer = await startIssuer({ issuer: url, ...options })
    server.on('request', nodeListener(issuer.auth))
    return {
      issuer,
      url,
      async close() {
        stop()
        await issuer.close()
      },
    }
  } catch (error) {
    stop()
    throw error
  }
}
