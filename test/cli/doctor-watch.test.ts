import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { before, test } from 'node:test'
import { startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { build, runProgram, startProgram } from './built-server.ts'

before(build)

interface Told {
  readonly text: string
  readonly rising: readonly string[]
  readonly gone: readonly string[]
  readonly deployment: string | null
}

/** A place that alerts are sent to. The first is refused, as by a receiver that is just being restarted. */
async function startReceiver() {
  const told: Told[] = []
  const news = new EventEmitter()
  let calls = 0
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Told
    calls += 1
    response.writeHead(calls === 1 ? 503 : 204).end()
    if (calls > 1) told.push(body)
    news.emit('told')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/alerts/${randomBytes(9).toString('hex')}`,
    told,
    calls: () => calls,
    /** Resolves when one that was taken fits. */
    async heard(fits: (body: Told) => boolean): Promise<Told> {
      for (;;) {
        const found = told.find(fits)
        if (found !== undefined) return found
        await once(news, 'told')
      }
    },
    close: () => server.close(),
  }
}

test('a botched rolling deploy: doctor watch names node and remedy, alerts, and sees that the cause is gone after the fix', {
  timeout: 300_000,
}, async (t) => {
  const [former, next] = [randomBytes(40), randomBytes(40)].map((bytes) => bytes.toString('base64url'))
  assert.ok(former !== undefined && next !== undefined)
  const place = mkdtempSync(join(tmpdir(), 'countersign-watch-'))
  const settings = {
    SECRET_KEY: randomBytes(32).toString('base64url'),
    DATABASE_URL: `sqlite:${join(place, 'auth.db')}`,
    JWT_ALGORITHM: 'HS256',
  }
  const nodes = new Set<TestIssuer>()
  const receiver = await startReceiver()
  t.after(async () => {
    receiver.close()
    for (const node of nodes) await node.close()
    rmSync(place, { recursive: true, force: true })
  })
  const deploy = async (...jwtSecret: string[]): Promise<TestIssuer> => {
    const node = await startIssuer({
      databaseUrl: settings.DATABASE_URL,
      secretKey: settings.SECRET_KEY,
      jwtAlgorithm: 'HS256',
      jwtSecret,
    })
    nodes.add(node)
    return node
  }
  const old = await deploy(former)
  const { access } = await old.signUp('anna')
  const botched = await deploy(next)

  const env = { ...settings, JWT_SECRET: former, ISSUER: old.auth.issuer }
  const lost = await runProgram(['doctor', 'watch', '--alert'], { cwd: place, env })
  assert.match(lost.err, /ALERT_URL/)
  assert.notEqual(lost.status, 0)
  const watch = startProgram(['doctor', 'watch', '--json', '--seconds', '280', '--quiet', '5', '--alert'], {
    cwd: place,
    env: { ...env, ALERT_URL: receiver.url },
  })
  t.after(() => watch.kill())
  let said = ''
  const line = new EventEmitter()
  watch.stdout?.on('data', (chunk) => {
    said += String(chunk)
    line.emit('said')
  })
  watch.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  const ended = once(watch, 'close').then(() => assert.fail(`the watch ended: ${said}`))
  ended.catch(() => undefined)
  /** Waits for what the watch brings about, and no longer than it lives. */
  const happens = <Value>(event: Promise<Value>): Promise<Value> => Promise.race([event, ended])
  const hears = async (text: string): Promise<void> => {
    while (!said.includes(text)) await happens(once(line, 'said'))
  }

  // What was over before the first look is no news: it begins once somebody watches.
  await hears('"total":0')
  const since = performance.now()
  for (let tries = 0; tries < 20; tries++) assert.equal((await botched.me(access)).status, 401)
  const refused = await botched.me(access)
  await hears('"count":21,')
  t.diagnostic(`named after ${((performance.now() - since) / 1000).toFixed(1)} s`)
  const report = JSON.parse(said.split('\n').find((text) => text.includes('"count":21,')) ?? '')
  assert.match(report.deployment, /2 live nodes read different lists of JWT_SECRET/)
  const [group] = report.groups
  assert.equal(group.count, 21, 'every one is counted')
  assert.ok(group.sentence.includes(`Seen only on node ${botched.auth.node}`), group.sentence)
  assert.ok(group.sentence.includes(`${old.auth.node} has and ${botched.auth.node} has not`), group.sentence)
  assert.ok(
    group.remedy.startsWith(`Give ${botched.auth.node} the entry too (JWT_SECRET=own,former)`),
    group.remedy,
  )

  // And goes on until somebody is told, however long that takes: what is quiet for five seconds is over.
  const told = new AbortController()
  const goingOn = (async () => {
    while (!told.signal.aborted) {
      assert.equal((await botched.me(access)).status, 401)
      await once(AbortSignal.any([AbortSignal.timeout(500), told.signal]), 'abort')
    }
  })()
  const alert = await happens(receiver.heard(({ rising }) => rising.length > 0)).finally(() => told.abort())
  await goingOn
  assert.ok(receiver.calls() >= 2, 'the first try was refused, and repeated')
  assert.deepEqual(alert.rising, ['KID_UNKNOWN'])
  assert.match(alert.text, /ROLLOUT_MIXED/)
  assert.ok(alert.text.includes(botched.auth.node))

  // The fix, as it was told: the node gets the former secret too.
  await botched.close()
  nodes.delete(botched)
  const fixed = await deploy(next, former)
  assert.equal((await fixed.me(access)).status, 200, 'nobody is refused any more')
  await old.close()
  nodes.delete(old)
  const over = await happens(receiver.heard(({ gone }) => gone.length > 0))
  assert.deepEqual(over.gone, ['KID_UNKNOWN'])
  await hears('{"mended":true}')
  await hears('{"gone":"KID_UNKNOWN"}')
  for (const secret of [former, next, access, settings.SECRET_KEY, receiver.url])
    assert.equal((said + JSON.stringify(receiver.told)).includes(secret), false, 'G-6')

  const asked = ['doctor', 'ref', String(refused.body.reference)]
  const { status, out } = await runProgram(asked, { cwd: place, env })
  assert.match(out, /^KID_UNKNOWN \(certain\)/)
  assert.equal(status, 1)
  assert.equal((await runProgram(['doctor', 'ref', 'f'.repeat(24)], { cwd: place, env })).status, 2)
})
