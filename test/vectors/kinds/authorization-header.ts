import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type BasicPair, readBasicHeader } from '../../../src/base/basic-header.ts'
import { nodeListener } from '../../../src/node.ts'
import { startIssuer, type TestIssuer } from '../../flows/issuer.ts'
import { firstOf, kind } from '../tally.ts'

interface Case {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly expect: {
    readonly status: number
    readonly or?: number
    readonly challenge?: string
    readonly error?: string | null
  }
  readonly why: string
}

interface Answer {
  readonly status: number
  readonly challenge: string | undefined
}

/** Sent raw over a socket to a checked route of a running server, so that nothing mends or joins the headers. */
export const authorizationHeaders = kind<{ readonly cases: readonly Case[] }>(
  'Authorization headers',
  ({ cases }) => Array.isArray(firstOf(cases).headers),
  async ({ cases }, report) => {
    const issuer = await startIssuer()
    const { access } = await issuer.signUp('alice')
    const { port, stop } = await serve(issuer)
    try {
      for (const { headers, expect, why } of cases) {
        const text = headers.map(([name, value]) => `${name}: ${value.replaceAll('<valid-token>', access)}`)
        if (text.some((line) => /<[\w-]+>/.test(line))) {
          report.skip('a credential that this server does not have')
          continue
        }
        const pair = expect.status === 200 ? headers.flatMap(([, value]) => readBasicHeader(value) ?? []) : []
        const { status, challenge } = await (pair[0] === undefined
          ? ask(port, text)
          : withPerson(pair[0], (asked) => ask(asked, text)))
        const statuses = [expect.status, expect.or]
        report.check(why, statuses.includes(status), `status ${status}`)
        if (status === 401)
          report.check(`${why}: challenge`, challenge?.startsWith('Bearer') ?? false, `${challenge}`)
        if (expect.error === null)
          report.check(`${why}: no error`, !/error=/.test(challenge ?? ''), `${challenge}`)
        if (typeof expect.error === 'string') {
          report.check(
            `${why}: error`,
            challenge?.includes(`error="${expect.error}"`) ?? false,
            `${challenge}`,
          )
        }
      }
    } finally {
      await stop()
    }
  },
)

async function serve(issuer: TestIssuer) {
  const server = createServer(nodeListener(issuer.auth))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close()
      server.closeAllConnections()
      await issuer.close()
    },
  }
}

/** A server that takes Basic, and knows somebody of that name with that password, too short as it may be. */
async function withPerson(
  { name, secret }: BasicPair,
  work: (port: number) => Promise<Answer>,
): Promise<Answer> {
  const people = {
    find: async (login: string) =>
      login === name ? { email: `${name}@example.com`, username: name } : undefined,
    verify: async (_: unknown, password: string) => password === secret,
  }
  const { port, stop } = await serve(await startIssuer({ basicForPeople: true, users: people }))
  try {
    return await work(port)
  } finally {
    await stop()
  }
}

async function ask(port: number, headers: readonly string[]): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  // The server may close while we still write; what it said counts.
  socket.on('error', () => undefined)
  socket.write(
    ['GET /users/me HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', ...headers, '', ''].join('\r\n'),
    'latin1',
  )
  await once(socket, 'close')
  const answer = Buffer.concat(parts).toString('latin1')
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]),
    challenge: /^www-authenticate: (.*)$/im.exec(answer)?.[1]?.trim(),
  }
}
