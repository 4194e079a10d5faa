import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { build, startServer } from '../cli/built-server.ts'
import { root } from '../docs/code-blocks.ts'
import { findFreePort } from '../servers/free-port.ts'
import { startPrometheus } from '../servers/prometheus.ts'
import { startPlace } from '../store/postgres-place.ts'
import { askRefresh, held, signUp } from './drills/person.ts'

const PATIENCE_MILLISECONDS = 240_000

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

/** What is empty while nothing is wrong. */
const SILENT_WHILE_WELL = ['Causes in the service itself']

before(() => build())

test('a real Prometheus answers every question of the dashboard, and can evaluate every alert rule', async (t) => {
  const place = await startPlace()
  t.after(() => place.stop())
  const folder = mkdtempSync(join(tmpdir(), 'countersign-dashboard-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const port = await findFreePort()
  const server = await startServer(port, {
    cwd: folder,
    args: ['--workers', '2'],
    env: { DATABASE_URL: await place.newUrl(), RATE_LIMITS: 'off', MAX_STALENESS_SECONDS: '300' },
  })
  t.after(() => server.stop())
  const rules = join(root, 'deploy/prometheus/alerts.yml')
  const prometheus = await startPrometheus('countersign', [`127.0.0.1:${port}`], rules)
  t.after(() => prometheus.stop())
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${prometheus.port}/api/v1/${path}`)
    const { status, data, error } = (await answer.json()) as { status: string; data: never; error?: string }
    assert.equal(status, 'success', error)
    return data
  }
  const query = async (expr: string) =>
    ((await ask(`query?query=${encodeURIComponent(expr)}`)) as { result: unknown[] }).result

  // Everything that a panel shows has to happen, and go on while Prometheus looks.
  let tokens = await signUp(server.url, 'anna')
  let done = false
  const traffic = (async () => {
    while (!done) {
      const refreshed = await askRefresh(server.url, tokens)
      // A busy machine may put one off.
      if (refreshed.status !== 503) tokens = await held(refreshed)
      else await refreshed.arrayBuffer()
      const wrong = { grant_type: 'password', username: 'anna', password: 'not hers' }
      await fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams(wrong) })
      await fetch(`${server.url}/nothing`)
      await wait(200)
    }
  })()
  try {
    const { panels } = JSON.parse(readFileSync(join(root, 'deploy/grafana/countersign.json'), 'utf8'))
    const asked = (panels as Panel[]).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        title,
        expr: expr
          .replaceAll('$job', 'countersign')
          .replaceAll('$instance', '.*')
          .replaceAll('$__rate_interval', '30s')
          .replaceAll('$__range', '1m'),
      })),
    )
    assert.ok(asked.length >= 25, String(asked.length))
    const late = performance.now() + PATIENCE_MILLISECONDS
    for (const { title, expr } of asked) {
      let found = await query(expr)
      // Rates need a second look of Prometheus.
      while (found.length === 0 && !SILENT_WHILE_WELL.includes(title)) {
        assert.ok(performance.now() < late, `${title} shows nothing: ${expr}`)
        await wait(500)
        found = await query(expr)
      }
    }
    const { groups } = (await ask('rules')) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[]
    }
    const found = groups.flatMap((group) => group.rules)
    assert.ok(found.length >= 16)
    for (const { name, health, lastError } of found) {
      assert.equal(health, 'ok', `${name}: ${lastError}`)
    }
  } finally {
    done = true
    await traffic
  }
})
