import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Auth } from '../../src/index.ts'
import type { InventoryEntry } from '../../src/model/inventory.ts'
import { inventoryTargets } from '../../src/probe/inventory-targets.ts'
import { probe } from '../../src/probe/probe.ts'
import { createSender } from '../../src/probe/send.ts'
import { guessedTokens } from '../../src/probe/source.ts'
import { HIDDEN, newAuth, type OpenSample } from './contract.ts'

/** Of the many routes that are alike, these few; and not the one whose own rule throws, for that is a 500. */
function isAsked(path: string): boolean {
  const [, number] = /^\/many\/(\d+)$/.exec(path) ?? []
  return path !== '/boom' && (number === undefined || [0, 1, HIDDEN].includes(Number(number)))
}

/** What a sample declares in which nothing was forgotten, but for the route that the other one forgets. */
async function declaredRoutes(open: OpenSample, auth: Auth): Promise<InventoryEntry[]> {
  const whole = await open({ auth })
  const routes = await whole.routes()
  await whole.close()
  return routes.filter(({ path }) => path !== `/many/${HIDDEN}`)
}

/** Asks a sample, in which one route of 200 was forgotten, everything that the probe knows. */
export function testProbed(name: string, open: OpenSample): void {
  test(`${name}: G-1, G-2: the probe, told the list of routes, finds no way in, and not by the one that was forgotten`, async () => {
    const auth = newAuth()
    await auth.ready()
    const sample = await open({ auth, hidden: true })
    const sender = createSender(new URL(`http://127.0.0.1:${sample.port}`), {
      rate: 10_000,
      timeoutMilliseconds: 60_000,
    })
    try {
      const user = await auth.users.create({ email: 'alice@example.com', password: 'correct horse battery' })
      const { access_token: genuine } = await auth.tokens.issue({ userId: user.id })
      const silent = (await sample.routes()).filter(({ access }) => access === 'undeclared')
      const entries = [...(await declaredRoutes(open, auth)), ...silent]
      const targets = inventoryTargets(entries).filter(({ path }) => isAsked(path))
      const forgotten = targets.filter(({ access }) => access === 'undeclared')
      assert.ok(forgotten.length >= 1 && forgotten.every(({ path }) => path === `/many/${HIDDEN}`))
      const report = await probe({
        targets,
        send: sender.send,
        source: guessedTokens({ now: Date.now, issuer: 'http://127.0.0.1:8000', genuine }),
        unsafe: false,
        elapsed: () => performance.now(),
        timeLimitMilliseconds: 600_000,
        sleep: () => Promise.resolve(),
      })
      const said = report.findings.map(
        ({ kind, asked, tried, spellings, why }) =>
          `${kind}: ${asked}, ${tried.what} (${spellings}) → ${why}`,
      )
      assert.deepEqual(said, [])
      assert.equal(report.cut, undefined)
      const secret = report.routes.find(({ target }) => target.method === 'GET' && target.path === '/secret')
      assert.equal(secret?.letsIn, true)
      assert.ok((secret?.answers ?? 0) > 80)
    } finally {
      sender.close()
      await sample.close()
      await auth.close()
    }
  })
}
