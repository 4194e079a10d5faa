import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { catalogue } from '../../src/errors/codes.ts'
import { FAMILIES } from '../../src/telemetry/metrics.ts'
import { root } from '../docs/code-blocks.ts'
import { startIssuer, tokensOf } from '../flows/issuer.ts'
import { type Place, patient, startPlace } from '../store/postgres-place.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
}

interface Panel {
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

const text = (path: string) => readFileSync(join(root, path), 'utf8')
const rules: Rule[] = parse(text('deploy/prometheus/alerts.yml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
)
const dashboard = JSON.parse(text('deploy/grafana/countersign.json'))
const panels: Panel[] = dashboard.panels
const expressions = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
]

let place: Place
let told = ''
/** What an issuer tells that has had some traffic: names of series, and the values each label took. */
const exposed = new Map<string, Map<string, Set<string>>>()
before(async () => {
  place = await startPlace()
  const issuer = await startIssuer({ store: patient({ url: await place.newUrl() }) })
  const { refresh } = await issuer.signUp('anna')
  tokensOf(await issuer.refresh(refresh))
  await issuer.me('no token')
  ;({ text: told } = await issuer.call('GET', '/metrics'))
  await issuer.close()
  for (const [, name = '', labels = ''] of told.matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm)) {
    const known = exposed.get(name) ?? new Map<string, Set<string>>()
    exposed.set(name, known)
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value))
    }
  }
})
after(() => place?.stop())

test('every metric there is has a value after some traffic', () => {
  const missing = Object.keys(FAMILIES).filter((name) => !exposed.has(name) && !exposed.has(`${name}_bucket`))
  assert.deepEqual(missing, [])
})

test('what happened is counted: each grant, each verdict, each answer once', () => {
  for (const series of [
    'countersign_grants_total{grant="password"} 1',
    'countersign_grants_total{grant="refresh_token"} 1',
    'countersign_grants_total{grant="client_credentials"} 0',
    'countersign_refreshes_total{verdict="rotate"} 1',
    'countersign_refreshes_total{verdict="reuse"} 0',
    'countersign_requests_total{route="POST /register",status="201"} 1',
    'countersign_requests_total{route="GET /users/me",status="401"} 1',
    'countersign_request_seconds_count{route="POST /refresh"} 1',
    'countersign_password_hashes_total{result="answered"} 2',
    'countersign_signing_keys{use="access",phase="active"} 1',
  ])
    assert.ok(told.includes(`\n${series}\n`), series)
})

/** Names of functions and words of the query language are followed by something else, or stand here. */
const NAME = /\b(?:countersign|process|up)(?:_[a-z_]+)?\b(?=[{[ )]|$)/g
const SELECTOR = /([a-z_]+)\{([^}]*)\}/g
/** Labels that Prometheus itself adds. */
const OF_PROMETHEUS = ['job', 'instance']

test('dashboard and alert rules name only metrics and labels that /metrics exposes', () => {
  const named = new Set<string>()
  for (const { where, expr } of expressions) {
    const names = (expr.replaceAll(/"[^"]*"/g, '""').match(NAME) ?? []).filter((name) => name !== 'up')
    for (const name of names) {
      named.add(name)
      assert.ok(exposed.has(name), `${where}: ${name}`)
    }
    for (const [, name = '', selector = ''] of expr.matchAll(SELECTOR)) {
      for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
        const isKnown = OF_PROMETHEUS.includes(label) || exposed.get(name)?.has(label)
        assert.ok(isKnown, `${where}: ${name} has no label ${label}`)
      }
    }
    for (const [, list = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of list.split(',').map((word) => word.trim())) {
        const isKnown = OF_PROMETHEUS.includes(label) || names.some((name) => exposed.get(name)?.has(label))
        assert.ok(isKnown, `${where}: by ${label}`)
      }
    }
  }
  assert.ok(named.size >= 15, [...named].join(' '))
})

/** Values of labels out of closed lists. */
const CLOSED: Readonly<Record<string, (value: string) => boolean>> = {
  code: (value) => value in catalogue,
  group: (value) => Object.values(catalogue).some(({ group }) => group === value),
  route: (value) => exposed.get('countersign_requests_total')?.get('route')?.has(value) === true,
  grant: (value) => exposed.get('countersign_grants_total')?.get('grant')?.has(value) === true,
  verdict: (value) => exposed.get('countersign_refreshes_total')?.get('verdict')?.has(value) === true,
  result: (value) => exposed.get('countersign_password_hashes_total')?.get('result')?.has(value) === true,
}

test('causes, routes, grants and verdicts that they ask for are ones there are', () => {
  let asked = 0
  for (const { where, expr } of expressions) {
    for (const [, label = '', values = ''] of expr.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)) {
      const isOne = CLOSED[label]
      if (isOne === undefined) continue
      for (const value of values.split('|')) {
        asked += 1
        assert.ok(isOne(value), `${where}: ${label} ${value}`)
      }
    }
  }
  assert.ok(asked > 20, String(asked))
})

test('each alert says how bad it is and what it is about, and the page says what to do', () => {
  const page = text('docs/operations.md')
  const rows = [...page.matchAll(/^\| `(Countersign\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(
    rows,
    rules.map(({ alert }) => alert),
  )
  for (const { alert, labels, annotations } of rules) {
    assert.ok(['critical', 'warning'].includes(labels.severity), alert)
    assert.match(annotations.summary, /^.{10,}\.$/, alert)
  }
})

test('no two panels of the dashboard lie on one another, and each has a question to ask', () => {
  const places = new Set<string>()
  for (const { type, title, gridPos, targets = [] } of panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title)
    if (type !== 'row') assert.ok(targets.length > 0, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.ok(!places.has(`${x} ${y}`), title)
        places.add(`${x} ${y}`)
      }
    }
  }
})
