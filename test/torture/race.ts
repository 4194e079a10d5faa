import { type Answer, readAnswer, startIssuer } from '../flows/issuer.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { patient, run } from '../store/postgres-place.ts'
import { CLUSTER_ISSUER, startNodeServer } from './nodes/node-server.ts'
import { CLUSTER_SECRET, signInMany } from './nodes/sessions.ts'
import type { Attempt, Torture } from './torture.ts'

const RACERS = 16
const PROCESSES = 3
const MANY = 20

/** Where sixteen requests go at once. */
interface Track {
  readonly title: string
  /** Sends the token as the runner with this number. */
  refresh(token: string, runner: number): Promise<Answer>
  /** So many refresh tokens of new sessions. */
  tokens(count: number): Promise<string[]>
  stop(): Promise<void>
}

interface Mode {
  readonly strict: boolean
}

async function onSqlite({ strict }: Mode): Promise<Track> {
  const issuer = await startIssuer(
    strict ? { refreshReuseWindowSeconds: 0, rateLimits: 'off' } : { rateLimits: 'off' },
  )
  return {
    title: 'SQLite, one process',
    refresh: (token) => issuer.refresh(token),
    async tokens(count) {
      const { id: userId } = await issuer.auth.users.create({
        email: 'runner@example.com',
        password: 'correct horse battery',
      })
      const start = async () =>
        String((await issuer.auth.sessions.start({ userId, amr: ['pwd'] })).refresh_token)
      return Promise.all(Array.from({ length: count }, start))
    },
    stop: () => issuer.close(),
  }
}

async function newDatabase(postgres: PrivatePostgres, name: string): Promise<string> {
  await run(postgres.url, `CREATE DATABASE ${name}`)
  return postgres.urlOf(name)
}

const tokensAt = (databaseUrl: string) => async (count: number) =>
  (await signInMany(count, databaseUrl)).map(({ text }) => text)

async function onPostgres(postgres: PrivatePostgres, { strict }: Mode): Promise<Track> {
  const databaseUrl = await newDatabase(postgres, strict ? 'one_strict' : 'one')
  const issuer = await startIssuer({
    store: patient({ url: databaseUrl }),
    issuer: CLUSTER_ISSUER,
    secretKey: CLUSTER_SECRET,
    rateLimits: 'off',
    ...(strict && { refreshReuseWindowSeconds: 0 }),
  })
  return {
    title: 'PostgreSQL, one process',
    refresh: (token) => issuer.refresh(token),
    tokens: tokensAt(databaseUrl),
    stop: () => issuer.close(),
  }
}

async function acrossProcesses(postgres: PrivatePostgres, { strict }: Mode): Promise<Track> {
  const databaseUrl = await newDatabase(postgres, strict ? 'many_strict' : 'many')
  const settings = {
    SECRET_KEY: CLUSTER_SECRET,
    DATABASE_URL: databaseUrl,
    ...(strict && { REFRESH_REUSE_WINDOW_SECONDS: '0' }),
  }
  const nodes = await Promise.all(Array.from({ length: PROCESSES }, () => startNodeServer(settings)))
  return {
    title: `PostgreSQL, ${PROCESSES} processes`,
    async refresh(token, runner) {
      const url = `${nodes[runner % nodes.length]?.url}/refresh`
      const body = JSON.stringify({ refresh_token: token })
      return readAnswer(
        await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
      )
    },
    tokens: tokensAt(databaseUrl),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** All sixteen get the one successor, and it works. */
async function raceWithWindow(attempt: Attempt, track: Track, token: string): Promise<void> {
  const answers = await startTogether(track, token)
  const good = answers.filter(({ status }) => status === 200)
  if (good.length !== RACERS) attempt.violation(`${track.title}: ${good.length} of ${RACERS} succeed`)
  const texts = new Set(good.map(({ body }) => String(body.refresh_token)))
  if (texts.size !== 1) attempt.violation(`${track.title}: ${texts.size} successors`)
  const access = new Set(good.map(({ body }) => String(body.access_token)))
  if (access.size !== good.length) attempt.violation(`${track.title}: an access token was given out twice`)
  const [successor = ''] = texts
  const next = await track.refresh(successor, attempt.below(RACERS))
  if (next.status !== 200) attempt.violation(`${track.title}: the successor is refused: ${next.text}`)
}

/** One succeeds, the second is reuse, and that ends the session: the successor is dead too. */
async function raceStrictly(attempt: Attempt, track: Track, token: string): Promise<void> {
  const answers = await startTogether(track, token)
  const good = answers.filter(({ status }) => status === 200)
  const bad = answers.filter(({ status, body }) => status === 400 && body.error === 'invalid_grant')
  const reuse = answers.filter(({ body }) => body.cause === 'REFRESH_REUSE_THEFT')
  if (good.length !== 1 || bad.length !== RACERS - 1 || reuse.length !== 1) {
    const others = answers.filter((answer) => !good.includes(answer) && !bad.includes(answer))
    const causes = others.map(({ status, body }) => `${status} ${body.cause ?? body.code ?? ''}`)
    attempt.violation(
      `${track.title}, strict: ${good.length} succeed, ${bad.length} are refused, ${reuse.length} are reuse; else: ${causes.join(', ')}`,
    )
  }
  for (const { body } of good) {
    const next = await track.refresh(String(body.refresh_token), attempt.below(RACERS))
    if (next.status !== 400) attempt.violation(`${track.title}, strict: the successor lives after reuse`)
  }
}

function startTogether(track: Track, token: string): Promise<Answer[]> {
  return Promise.all(Array.from({ length: RACERS }, (_, runner) => track.refresh(token, runner)))
}

export const race: Torture = {
  name: 'race',
  title: `B2: ${RACERS} refreshes of one token at once, in one process and across ${PROCESSES}: one successor`,
  counts: { quick: 2, full: 200, long: 1000 },
  async run(attempt) {
    const postgres = await startPostgres()
    try {
      let done = 0
      for (const strict of [false, true]) {
        const tracks = [onSqlite, onPostgres.bind(undefined, postgres)]
        // Processes are dear to start, and the quick run has had them in the other mode.
        if (!strict || attempt.count >= MANY) tracks.push(acrossProcesses.bind(undefined, postgres))
        for (const open of tracks) {
          const track = await open({ strict })
          try {
            const tokens = await track.tokens(attempt.count)
            for (const token of tokens) {
              await (strict ? raceStrictly : raceWithWindow)(attempt, track, token)
              attempt.note('rounds')
              attempt.progress(++done)
            }
          } finally {
            await track.stop()
          }
        }
      }
    } finally {
      await postgres.stop()
    }
  },
}
