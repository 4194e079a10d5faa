import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { nodeListener } from '../../src/adapters/node.ts'
import { systemRandom } from '../../src/base/random.ts'
import { makeSelfSigned } from '../../src/server/tls/self-signed.ts'
import { PASSWORD, startIssuer, type TestIssuer } from '../flows/issuer.ts'

/** An issuer that speaks https itself, with an account of `alice`: relying parties refuse a key set that comes by http. */
export interface HttpsIssuer extends TestIssuer {
  readonly url: string
  /** As PEM: whoever trusts it reaches this issuer. */
  readonly certificate: string
}

export async function startHttpsIssuer(): Promise<HttpsIssuer> {
  const { certificate, key } = makeSelfSigned({
    hosts: ['127.0.0.1'],
    now: new Date(),
    lifeDays: 2,
    random: systemRandom,
  })
  const server = createServer({ cert: certificate, key }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = await startIssuer({ issuer: url })
  await issuer.auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
  server.on('request', nodeListener(issuer.auth))
  return {
    ...issuer,
    url,
    certificate,
    async close() {
      server.closeAllConnections()
      server.close()
      await issuer.close()
    },
  }
}
