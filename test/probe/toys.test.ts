import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigningKey } from '../../src/keys/signing-key.ts'
import type { InventoryEntry } from '../../src/model/inventory.ts'
import { inventoryTargets } from '../../src/probe/inventory-targets.ts'
import type { FindingKind } from '../../src/probe/judge.ts'
import { openApiTargets } from '../../src/probe/openapi-targets.ts'
import { type ProbeReport, probe } from '../../src/probe/probe.ts'
import { exitStatusOf, reportText } from '../../src/probe/report.ts'
import { createSender } from '../../src/probe/send.ts'
import { guessedTokens, type TokenSource } from '../../src/probe/source.ts'
import { type Flaw, startToyApi } from './toy-api.ts'
import { toyTokens } from './toy-tokens.ts'

const key = generateSigningKey('ES256')

interface Probed {
  readonly report: ProbeReport
  readonly text: string
}

interface Toy {
  readonly flaw?: Flaw | undefined
  readonly source?: TokenSource
  /** The one route to ask, to save time. */
  readonly only?: string
  readonly inventory?: readonly InventoryEntry[]
  readonly timeLimitMilliseconds?: number
}

async function probeToy({
  flaw,
  source,
  only,
  inventory,
  timeLimitMilliseconds = 600_000,
}: Toy): Promise<Probed> {
  const api = await startToyApi(key, flaw)
  const sender = createSender(api.url, { rate: 10_000, timeoutMilliseconds: 60_000 })
  try {
    const tokens = source ?? toyTokens(key, api.ended)
    const targets = inventory ? inventoryTargets(inventory) : openApiTargets(api.document).targets
    const report = await probe({
      targets: targets.filter(({ method, path }) => only === undefined || only === `${method} ${path}`),
      send: sender.send,
      source: tokens,
      unsafe: true,
      elapsed: () => performance.now(),
      timeLimitMilliseconds,
      sleep: () => Promise.resolve(),
    })
    const answers = sender.count()
    const told = { base: api.url.href, source: tokens.name, answers, seconds: 1, placeOf: () => undefined }
    return { report, text: reportText(report, told) }
  } finally {
    sender.close()
    await api.close()
  }
}

const said = ({ report }: Probed): string[] =>
  report.findings.map(({ kind, target, tried }) => `${kind} ${target.method} ${target.path}: ${tried.name}`)

test('an API that does everything right has no findings, and every route was asked', async () => {
  const { report, text } = await probeToy({})
  assert.deepEqual(report.findings, [], text)
  assert.equal(exitStatusOf(report), 0)
  assert.ok(report.routes.every(({ answers }) => answers > 0))
  assert.deepEqual(report.untried, [])
  for (const { target, letsIn } of report.routes) {
    if (target.path !== '/health') assert.equal(letsIn, true, target.path)
  }
})

/** The flaw, how bad it is, a route it is on, and the idea that finds it. */
const FLAWS: readonly (readonly [Flaw, FindingKind, string, string])[] = [
  ['route without a guard', 'open', 'GET /reports', 'no-credential'],
  ['route that is not in the document', 'open', 'GET /admin', 'not-in-the-list'],
  ['success with an error body', 'open', 'GET /todos', 'no-credential'],
  ['HEAD unguarded', 'open', 'GET /todos', 'variant'],
  ['slash unguarded', 'open', 'GET /todos', 'variant'],
  ['case unguarded', 'open', 'GET /reports', 'variant'],
  ['method override', 'open', 'GET /reports', 'variant'],
  ['alg none', 'believed', 'GET /todos', 'alg-none'],
  ['public key as secret', 'believed', 'GET /todos', 'public-key-as-secret'],
  ['key from the header', 'believed', 'GET /todos', 'foreign-key'],
  ['tutorial secret', 'believed', 'GET /todos', 'published-secret'],
  ['signature not checked', 'believed', 'GET /todos', 'tampered-signature'],
  ['signature not checked', 'believed', 'GET /todos', 'tampered-payload'],
  ['expiry forgotten', 'believed', 'GET /todos', 'expired'],
  ['expiry forgotten', 'believed', 'GET /todos', 'no-expiry'],
  ['audience forgotten', 'believed', 'GET /todos', 'wrong-audience'],
  ['audience by its beginning', 'believed', 'GET /todos', 'wrong-audience'],
  ['issuer forgotten', 'believed', 'GET /todos', 'wrong-issuer'],
  ['type forgotten', 'believed', 'GET /todos', 'wrong-type'],
  ['scope forgotten', 'believed', 'GET /reports', 'wrong-scope'],
  ['scope by its beginning', 'believed', 'GET /reports', 'wrong-scope'],
  // It answers 404 to whoever comes past the guard: no success, and yet it was believed.
  ['scope by its beginning', 'believed', 'DELETE /todos/{id}', 'wrong-scope'],
  ['alg none', 'believed', 'GET /todos/{id}', 'alg-none'],
  ['revocation forgotten', 'believed', 'GET /todos', 'revoked'],
  ['token in the query', 'believed', 'GET /todos', 'token-in-query'],
  ['crash on malformed tokens', 'crashed', 'GET /todos', 'malformed'],
  ['hangs up on strangers', 'crashed', 'GET /todos', 'no-credential'],
  ['good tokens refused', 'shut', 'GET /todos', 'valid'],
  ['no challenge', 'odd', 'GET /todos', 'no-credential'],
  ['403 for strangers', 'odd', 'GET /todos', 'no-credential'],
  ['validation before the guard', 'odd', 'POST /todos', 'no-credential'],
]

for (const [flaw, kind, route, idea] of FLAWS) {
  test(`G-1: found and named: ${flaw} (${idea} at ${route})`, async () => {
    const probed = await probeToy({ flaw, ...(idea !== 'not-in-the-list' && { only: route }) })
    assert.ok(
      said(probed).includes(`${kind} ${route}: ${idea}`),
      `${said(probed).join('\n')}\n${probed.text}`,
    )
    assert.equal(exitStatusOf(probed.report), 1)
    assert.ok(probed.text.includes(`${kind.toUpperCase()}: `), probed.text)
  })
}

test('roles and the age of a sign-in, which only an inventory names, are asked for too', async () => {
  const needs = { roles: ['admin'], freshWithinSeconds: 300 }
  const inventory = [{ method: 'GET', path: '/audit', access: { needs } }] as const
  assert.deepEqual(said(await probeToy({ inventory })), [])
  for (const [flaw, idea] of [
    ['role forgotten', 'wrong-role'],
    ['sign-in of any age', 'stale-sign-in'],
  ] as const) {
    assert.deepEqual(said(await probeToy({ inventory, flaw })), [`believed GET /audit: ${idea}`])
  }
})

test('a route without a word has to answer 403 to everybody, and nothing else is asked of it', async () => {
  const inventory = [{ method: 'GET', path: '/reports', access: 'undeclared' }] as const
  const { report } = await probeToy({ inventory, flaw: 'route without a guard' })
  assert.deepEqual(
    report.findings.map(({ kind }) => kind),
    ['open'],
  )
  const closed = await probeToy({ inventory, flaw: '403 for strangers' })
  assert.deepEqual(said(closed), [])
})

test('what lets strangers in is named first, with the request to see it by', async () => {
  const { text } = await probeToy({ flaw: 'route without a guard' })
  assert.match(
    text,
    /^OPEN: 1 route lets strangers in\n {2}GET \/reports {3}declared: needs scope reports:read\n/,
  )
  assert.match(text, /try it: curl -i --path-as-is 'http:\/\/127\.0\.0\.1:\d+\/reports'/)
})

test('what no list names is said to be declared nowhere', async () => {
  const { text } = await probeToy({ flaw: 'route that is not in the document' })
  assert.match(text, /GET \/admin {3}declared nowhere\n/)
})

test('a refusal with status 200 is called what it is', async () => {
  const { text } = await probeToy({ flaw: 'success with an error body' })
  assert.match(text, /GET \/todos [\s\S]*→ 200, though its body reads like a refusal/)
})

test('where every good token is refused, it is said what that may be', async () => {
  const { text } = await probeToy({ flaw: 'good tokens refused' })
  assert.match(text, /Every good token was refused: perhaps the API trusts another issuer/)
})

test('a page that answers every path opens nothing', async () => {
  const probed = await probeToy({ flaw: 'a page for every path' })
  assert.deepEqual(said(probed), [])
})

test('without a key the open and the forgeable are found all the same, and the rest is said not to have been tried', async () => {
  const guessed = guessedTokens({ now: Date.now, issuer: 'https://toy.example', publicKeys: [key.publicJwk] })
  const open = await probeToy({ flaw: 'route without a guard', source: guessed })
  assert.ok(said(open).includes('open GET /reports: no-credential'), open.text)
  assert.deepEqual(said(await probeToy({ source: guessed })), [])
  const untried = open.report.untried.map(({ what }) => what)
  for (const idea of ['expired', 'wrong-audience', 'tampered-payload', 'revoked', 'valid']) {
    assert.ok(untried.includes(idea), idea)
  }
  assert.ok(!untried.includes('alg-none') && !untried.includes('public-key-as-secret'))
  assert.match(open.text, /only the issuer can sign it\n {4}expired, /)
})

test('a probe ends in time, and says that it did not ask everything', async () => {
  const { report, text } = await probeToy({ timeLimitMilliseconds: -1 })
  assert.equal(report.cut, 'the time was up')
  assert.equal(exitStatusOf(report), 1)
  assert.match(text, /Not every route was asked: the time was up/)
})

test('no token stands in a report', async () => {
  for (const flaw of ['token in the query', 'alg none', 'revocation forgotten'] as const) {
    const { report, text } = await probeToy({ flaw, only: 'GET /todos' })
    assert.doesNotMatch(text + JSON.stringify(report.findings), /eyJ/)
  }
})
