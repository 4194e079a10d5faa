/**
 * Whether the time of an answer tells that there is an account (rule E6): known against unknown names, turn by turn, in
 * one process. The tests count hashes and compare answers byte by byte; here the clock is read.
 */
import { createAuth } from '../src/index.ts'

const TRIES = Number(process.env.BENCH_TRIES ?? 2000)
/** A name may be tried so often before its own limit slows it down. */
const PER_NAME = 15
const PASSWORD = 'correct horse battery'
const ISSUER = 'https://auth.example.com'

const auth = createAuth({
  databaseUrl: 'sqlite::memory:',
  issuer: ISSUER,
  logLevel: 'silent',
  secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  registration: 'verified',
  rateLimits: 'off',
  // A letter costs what sending it costs, and that comes after the answer.
  mail: { send: async () => undefined },
})
await auth.migrate()
await auth.ready()

const names = Math.ceil(TRIES / 2 / PER_NAME)
const known = Array.from({ length: names }, (_, index) => `known${index}@example.com`)
const unknown = known.map((name) => name.replace('known', 'other'))
for (const email of known) await auth.users.create({ email, password: PASSWORD })

let places = 0
/** Milliseconds until the answer, from a place of its own. */
async function time(path: string, type: string, body: string): Promise<number> {
  places += 1
  const address = `10.${(places >> 16) % 256}.${(places >> 8) % 256}.${places % 256}`
  const request = new Request(ISSUER + path, { method: 'POST', headers: { 'content-type': type }, body })
  const began = performance.now()
  await (await auth.fetch(request, { address })).text()
  return performance.now() - began
}

const WAYS: Readonly<Record<string, (name: string) => Promise<number>>> = {
  'POST /token': (username) => {
    const form = new URLSearchParams({ grant_type: 'password', username, password: 'not the password' })
    return time('/token', 'application/x-www-form-urlencoded', String(form))
  },
  'POST /password/forgot': (email) => time('/password/forgot', 'application/json', JSON.stringify({ email })),
  'POST /register': (email) =>
    time('/register', 'application/json', JSON.stringify({ email, password: PASSWORD })),
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

console.log(`| ${TRIES} tries each | known, median | unknown, median | apart |\n|---|---|---|---|`)
for (const [way, ask] of Object.entries(WAYS)) {
  const [ofKnown, ofUnknown]: [number[], number[]] = [[], []]
  for (let index = 0; index < TRIES / 2; index++) {
    const at = Math.floor(index / PER_NAME)
    // Neither is always the first, for what comes after an answer may hold up the next.
    const pair = [
      async () => ofKnown.push(await ask(known[at] ?? '')),
      async () => ofUnknown.push(await ask(unknown[at] ?? '')),
    ]
    for (const one of index % 2 === 0 ? pair : pair.reverse()) await one()
  }
  const [a, b] = [median(ofKnown), median(ofUnknown)]
  console.log(
    `| ${way} | ${a.toFixed(2)} ms | ${b.toFixed(2)} ms | ${((Math.abs(a - b) / b) * 100).toFixed(1)} % |`,
  )
}
await auth.close()
