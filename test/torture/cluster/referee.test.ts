import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ISSUER, PASSWORD, startIssuer, type TestIssuer } from '../../flows/issuer.ts'
import { registerClient } from '../../flows/test-clients.ts'
import { seed, seededRandom } from '../../store/seeded.ts'
import { readToken } from '../nodes/sessions.ts'
import type { Ledger } from '../torture.ts'
import { clusterOf } from './ask.ts'
import { createGrowth } from './growth.ts'
import { auditOneLive } from './one-live.ts'
import { createReferee, type Seen } from './referee.ts'
import { type Cluster, type People, Worker } from './worker.ts'

const NODES = 3
const WORKERS = 4
/** What is not seen by then is not found. */
const MOST_REQUESTS = 3000
/** So long is each request on its way, by a clock that only they move. */
const REQUEST_MILLISECONDS = 100

let issuer: TestIssuer
let people: People
before(async () => {
  issuer = await startIssuer({ rateLimits: 'off' })
  const names = ['alice', 'bob']
  for (const name of names) await issuer.signUp(name)
  const client = await registerClient(issuer)
  const { authorization = '' } = (await client.proof()).headers
  people = { names, password: PASSWORD, introspector: authorization }
})
after(() => issuer.close())

type Answer = (node: number, path: string, init: RequestInit) => Promise<Response>

/** Three nodes, all of them the one issuer in this process. */
const honest: Answer = async (_, path, init) => {
  const request = new Request(ISSUER + path, init)
  if (path !== '/orders') return issuer.auth.fetch(request, { address: '127.0.0.1' })
  const checked = await issuer.auth.check(request, issuer.auth.signedIn)
  return checked.ok ? new Response(null, { status: 204 }) : checked.response
}

function takeDown() {
  const violations: string[] = []
  const notes: Record<string, number> = {}
  const ledger: Ledger = {
    note(what, times = 1) {
      notes[what] = (notes[what] ?? 0) + times
    },
    noteLargest: () => undefined,
    violation: (text) => void violations.push(text),
  }
  return { ledger, violations, notes }
}

/** Of no issuer: only what can be read in them is right. */
function tokensOf(session: number, generation: number) {
  const bytes = Buffer.alloc(80)
  bytes[21] = session
  bytes.writeUIntBE(generation, 37, 6)
  return { access_token: `access ${session}`, refresh_token: `cs_rt_${bytes.toString('base64url')}` }
}

interface WorkOptions {
  readonly isTimed?: boolean
  readonly healed?: boolean
  /** They work until this has been seen. */
  readonly until: (book: ReturnType<typeof takeDown>, workers: readonly Worker[]) => boolean
}

/** Clients at their work against nodes that answer so. */
async function work(answer: Answer, { isTimed = false, healed = false, until }: WorkOptions) {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  let time = 0
  const now = (): number => time
  const cluster: Cluster = clusterOf(
    NODES,
    (...request) => {
      time += REQUEST_MILLISECONDS
      return answer(...request)
    },
    now,
  )
  const referee = createReferee({ isTimed, now })
  const book = takeDown()
  referee.begin(book.ledger)
  if (healed) referee.healed(0)
  const workers = Array.from(
    { length: WORKERS },
    (_, number) => new Worker({ cluster, people, referee, below }, number),
  )
  for (let request = 0; request < MOST_REQUESTS && !until(book, workers); request += 1) {
    for (const worker of workers) await worker.work()
  }
  const sessions = workers.flatMap(({ session }) => (session === undefined ? [] : [session]))
  return { ...book, cluster, sessions }
}

test(`the referee finds nothing wrong with an issuer that is right (seed ${seed})`, async () => {
  const kinds = ['sign-ins', 'checks', 'refreshes', 'introspections', 'sign-outs', 'tokens revoked']
  const presented = ['ended tokens presented', 'older tokens of ended sessions presented']
  const { violations, notes } = await work(honest, {
    until: (book) => [...kinds, ...presented].every((kind) => (book.notes[kind] ?? 0) > 3),
  })
  assert.deepEqual(violations, [])
  for (const what of presented) assert.ok((notes[what] ?? 0) > 3, JSON.stringify(notes))
})

const ofPath =
  (path: string, other: Answer): Answer =>
  (node, asked, init) =>
    asked === path ? other(node, asked, init) : honest(node, asked, init)
/** Only what comes of an older token is wrong, and only once its session has ended. */
function onOlderOfEnded(other: Answer): Answer {
  const ended = new Map<string, number>()
  return async (node, path, init) => {
    const [text] = /cs_rt_[\w-]+/.exec(String(init.body)) ?? []
    if (text === undefined) return honest(node, path, init)
    const { sessionId, generation } = readToken(text)
    if (path !== '/refresh') ended.set(sessionId, generation)
    const isOlder = path === '/refresh' && generation < (ended.get(sessionId) ?? 0)
    return isOlder ? other(node, path, init) : honest(node, path, init)
  }
}
const refused = (): Response => Response.json({ error: 'invalid_grant' }, { status: 400 })
let count = 0

const mutants: readonly (readonly [name: string, answer: Answer, finds: RegExp])[] = [
  [
    'B8: one node takes revoked tokens',
    ofPath('/orders', async (node, ...request) =>
      node === 1 ? new Response(null, { status: 204 }) : honest(node, ...request),
    ),
    /node 1 took an access token \d+ ms after its end/,
  ],
  [
    'B8: one node says of revoked tokens that they are active',
    ofPath('/introspect', async (node, ...request) =>
      node === 1 ? Response.json({ active: true }) : honest(node, ...request),
    ),
    /node 1 took an access token/,
  ],
  [
    'B9: a sign-out is confirmed and not done',
    ofPath('/logout', async () => new Response(null, { status: 204 })),
    /took an access token|refreshed a session whose end was confirmed/,
  ],
  [
    'B9: a revocation is confirmed and not done',
    ofPath('/revoke', async () => Response.json({})),
    /took an access token|refreshed a session whose end was confirmed/,
  ],
  [
    'B2: a session is forgotten now and then',
    ofPath('/refresh', async (...request) => (++count % 20 === 0 ? refused() : honest(...request))),
    /a session is lost at generation \d+/,
  ],
  [
    'B2: the answer is a session of somebody else',
    ofPath('/refresh', async (...request) => {
      const answer = await honest(...request)
      if (answer.status !== 200 || ++count % 20 !== 0) return answer
      const { id: userId } = (await issuer.auth.users.findByLogin('bob')) ?? { id: '' }
      return Response.json(await issuer.auth.sessions.start({ userId, amr: ['pwd'] }))
    }),
    /answered with another session/,
  ],
  [
    'B9: an older token of a session that has ended is taken',
    onOlderOfEnded(async () => Response.json({})),
    /refreshed a session whose end was confirmed, by an older token/,
  ],
  [
    'B3: an older token of a session that has ended ends others',
    onOlderOfEnded(async (...request) => {
      for (const name of people.names) {
        const user = await issuer.auth.users.findByLogin(name)
        await issuer.auth.sessions.endAll(user?.id ?? '')
      }
      return honest(...request)
    }),
    /a session is lost at generation \d+|refused a good access token/,
  ],
  [
    'a good token is refused now and then',
    ofPath('/orders', async (...request) =>
      ++count % 20 === 0 ? new Response(null, { status: 401 }) : honest(...request),
    ),
    /refused a good access token/,
  ],
  [
    'G-4: something breaks and says so',
    ofPath('/introspect', async () => new Response('boom', { status: 500 })),
    /answered 500 boom/,
  ],
]

for (const [name, answer, finds] of mutants) {
  test(`the referee finds it if ${name} (seed ${seed})`, async () => {
    const isFound = ({ violations }: { violations: readonly string[] }) =>
      violations.some((text) => finds.test(text))
    const book = await work(answer, { until: isFound })
    assert.ok(isFound(book), book.violations.join('\n'))
  })
}

test('the referee finds nodes that are not back at their work in time; where a machine is busy it only counts them', async () => {
  const tired = ofPath('/introspect', async () => new Response(null, { status: 503 }))
  const options = {
    healed: true,
    until: ({ notes }: { readonly notes: Record<string, number> }) => (notes['try again'] ?? 0) > 20,
  }
  const timed = await work(tired, { ...options, isTimed: true })
  assert.match(timed.violations[0] ?? '', /ms after the end of the fault: try again/)
  const busy = await work(tired, options)
  assert.deepEqual(busy.violations, [])
  assert.ok((busy.notes['try again, later than 5 s after the fault'] ?? 0) > 0)
})

test('PROTOCOL 2.4: of lost commits only the sign-ins are forgiven, and only those made while commits were lost', () => {
  let time = 0
  const referee = createReferee({ isTimed: false, now: () => time })
  const { ledger, violations, notes } = takeDown()
  const seen = (status: number, body: unknown): Seen => {
    time += 10
    return { node: 0, sentAt: time - 10, answeredAt: time, status, text: JSON.stringify(body) }
  }
  referee.begin(ledger)
  const old = referee.signedIn(seen(200, tokensOf(1, 0)))
  referee.begin(ledger, { losesCommits: true })
  const lost = referee.signedIn(seen(200, tokensOf(2, 0)))
  referee.healed(time)
  const young = referee.signedIn(seen(200, tokensOf(3, 0)))
  assert.ok(old !== undefined && lost !== undefined && young !== undefined)
  referee.refreshed(lost, lost.refresh, seen(400, {}))
  assert.deepEqual(violations, [])
  assert.equal(notes['sign-ins lost with the commits'], 1)
  for (const session of [old, young]) referee.refreshed(session, session.refresh, seen(400, {}))
  assert.equal(violations.length, 2)
})

test('PROTOCOL 2.4: an end that a fail-over lost is given back 5 s after it, or it is wrong; where a machine is busy it is counted', () => {
  const presentAt = (isTimed: boolean, milliseconds: number) => {
    let time = 0
    const referee = createReferee({ isTimed, now: () => time })
    const book = takeDown()
    const seen = (status: number, body: unknown = {}): Seen => {
      time += 10
      return { node: 2, sentAt: time - 10, answeredAt: time, status, text: JSON.stringify(body) }
    }
    referee.begin(book.ledger, { losesCommits: true })
    const session = referee.signedIn(seen(200, tokensOf(1, 0)))
    assert.ok(session !== undefined)
    referee.ended(session, seen(204))
    referee.healed(time)
    time += milliseconds
    referee.checked(session.access, seen(204))
    return book
  }
  for (const isTimed of [true, false]) assert.deepEqual(presentAt(isTimed, 5000).violations, [])
  assert.match(
    presentAt(true, 5001).violations[0] ?? '',
    /5001 ms after .*: a lost end node 2 took an access token/,
  )
  const busy = presentAt(false, 5001)
  assert.deepEqual(busy.violations, [])
  assert.equal(busy.notes['a lost end, later than 5 s after the fault'], 1)
  assert.match(presentAt(false, 60_001).violations[0] ?? '', /node 2 took an access token/)
})

test(`B2: the audit finds one live refresh token of each session, and finds a second one (seed ${seed})`, async () => {
  const hasRefreshed = ({ session }: Worker): boolean =>
    session !== undefined && session.texts.size > 2 && !session.isEnding
  const { cluster, sessions } = await work(honest, {
    until: (_, workers) => workers.filter(hasRefreshed).length >= 2,
  })
  const fork: Cluster = {
    ...cluster,
    async ask(node, path, init) {
      const seen = await cluster.ask(node, path, init)
      if (node !== 2 || seen.status !== 200) return seen
      const { refresh_token: text } = JSON.parse(seen.text)
      return { ...seen, text: JSON.stringify({ refresh_token: `${String(text).slice(0, -4)}AAAA` }) }
    },
  }
  const [one, ...others] = sessions.filter(({ texts, isEnding }) => texts.size > 2 && !isEnding)
  assert.ok(one !== undefined, 'nobody has refreshed twice')
  const forked = takeDown()
  await auditOneLive(fork, [one], forked.ledger, async () => undefined)
  assert.match(forked.violations[0] ?? '', /2 successors of one refresh token/)

  // Nobody has waited: what was passed is young, is answered as in a race, and would be found if it were old.
  const young = takeDown()
  await auditOneLive(cluster, others.slice(0, 1), young.ledger, async () => undefined)
  for (const text of young.violations) assert.match(text, /passed long ago|after reuse/)
})

test('B2: an audit that has nothing to judge is a violation: no sessions, or none with an old token', async () => {
  const never: Cluster = { nodes: NODES, ask: () => Promise.reject(new Error('asked about nothing')) }
  const young = createReferee({ isTimed: false }).signedIn({
    node: 0,
    sentAt: 0,
    answeredAt: 1,
    status: 200,
    text: JSON.stringify(tokensOf(1, 0)),
  })
  assert.ok(young !== undefined)
  for (const sessions of [[], [young]]) {
    const { ledger, violations } = takeDown()
    await auditOneLive(never, sessions, ledger, async () => undefined)
    assert.deepEqual(violations, [`none of ${sessions.length} sessions has an old token to judge by`])
  }
})

test('processes that grow are found, in memory and in what they have open; those that only breathe are not', () => {
  const judge = (heapBytes: (look: number) => number, open: (look: number) => number): string[] => {
    const growth = createGrowth()
    for (let look = 0; look < 20; look += 1)
      growth.add([{ pid: 1, heapBytes: heapBytes(look), open: open(look) }])
    const { ledger, violations } = takeDown()
    growth.judge(ledger)
    return violations
  }
  const MEBIBYTE = 2 ** 20
  const breathes = (look: number) => 50 * MEBIBYTE + (look % 3) * MEBIBYTE
  assert.deepEqual(
    judge(breathes, (look) => 60 + (look % 5)),
    [],
  )
  assert.match(
    judge(
      (look) => breathes(look) + look * MEBIBYTE,
      () => 60,
    )[0] ?? '',
    /process 1 grew/,
  )
  assert.match(judge(breathes, (look) => 60 + 5 * look)[0] ?? '', /opens more and more/)
})
