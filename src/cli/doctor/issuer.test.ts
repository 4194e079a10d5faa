import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { ask } from './fetch.ts'
import { keysAt, lookAtIssuer } from './issuer.ts'

async function serving(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('an issuer that is looked at', () => {
  it('has the clock of its own answer, and not that of the moment when a cache took it', async (t) => {
    const anHourAgo = new Date(Date.now() - 3_600_000).toUTCString()
    const base = await serving(t, (_request, response) => {
      response.writeHead(200, { date: anHourAgo, age: '3600' }).end('{"issuer":"x"}')
    })
    const { clockSeconds = Number.NaN } = await lookAtIssuer(base)
    assert.ok(Math.abs(clockSeconds) < 60, `${clockSeconds} s`)
  })

  it('is said to be elsewhere where it leads on, and is not followed', async (t) => {
    const asked: string[] = []
    const base = await serving(t, ({ url = '' }, response) => {
      asked.push(url)
      response.writeHead(301, { location: 'https://id.example.test/' }).end()
    })
    const { instead } = await lookAtIssuer(base)
    assert.equal(instead, '301, which leads on to https://id.example.test/: ask there')
    assert.equal(asked.length, 3)
  })

  it('is said not to be there for the reason that there is', async (t) => {
    const base = await serving(t, ({ url = '' }, response) => {
      const isAway = /openid-configuration$|jwks$/.test(url)
      response.writeHead(isAway ? 503 : 404, { location: '/elsewhere' }).end()
    })
    assert.equal((await lookAtIssuer(base)).instead, 'status 503')
    assert.deepEqual(await keysAt(`${base}/jwks`), { instead: 'status 503' })
  })
})

describe('one request', () => {
  it('says why there is no answer: nobody, plain text where TLS was asked for', async (t) => {
    const base = await serving(t, (_request, response) => void response.end())
    const { failure, isTlsFailure } = await ask(base.replace('http:', 'https:'))
    assert.match(failure ?? '', /speaks no TLS: try http/)
    assert.equal(isTlsFailure, true)
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as AddressInfo
    await new Promise((done) => gone.close(done))
    assert.deepEqual(await ask(`http://127.0.0.1:${port}/`), {
      failure: 'ECONNREFUSED: nobody listens at that port',
    })
  })

  it('reads an answer to its limit, and says so: what is cut is no document', async (t) => {
    const base = await serving(t, (_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(1024 * 1024, 32))) if (response.destroyed) return
      }
      response.on('drain', more)
      more()
    })
    const { response, failure } = await ask(base)
    assert.equal(failure, 'more than 16 MiB are not read')
    assert.deepEqual([response?.status, response?.body], [200, undefined])
  })
})
