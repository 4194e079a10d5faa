// What a program does with the client, in whatever runtime; tells on its last line what came of it.
import { type Client, ClientError, createClient, type TokenStore } from '../../../src/client.ts'

const { issuer, username, password } = JSON.parse(process.argv[2] ?? '{}')
const ME = `${issuer}/users/me`
const farewells: unknown[] = []
let text: string | undefined
const storage: TokenStore = {
  read: async () => text,
  async replace(before, next) {
    if (text !== before) return false
    text = next
    return true
  },
}
const open = () => createClient({ issuer, storage, onSignedOut: (farewell) => farewells.push(farewell) })

/** Everybody's wall clock goes on, so that the tokens are over. */
const now = Date.now.bind(Date)
let ahead = 0
Date.now = () => now() + ahead
function passTwentyMinutes(): void {
  ahead += 20 * 60_000
}
async function control(word: string): Promise<number> {
  return Number(await (await fetch(`${issuer}/control/${word}`)).text())
}
async function statuses(calls: readonly Promise<Response>[]): Promise<number[]> {
  const answers = await Promise.all(calls)
  await Promise.all(answers.map((answer) => answer.arrayBuffer()))
  return [...new Set(answers.map(({ status }) => status))]
}
const ask = (client: Client, count: number) => Array.from({ length: count }, () => client.fetch(ME))

async function untilAnswered(): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    try {
      return (await client.fetch(ME)).status
    } catch (error) {
      if (tries >= 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

const client = open()
const before = (await client.ready()).status
const session = await client.signInWithPassword({ username, password })

passTwentyMinutes()
await control('reset')
const race = { statuses: await statuses(ask(client, 20)), refreshes: await control('refreshes') }

// A second client on the same store, as another tab or worker is one.
const other = open()
await other.ready()
passTwentyMinutes()
await control('reset')
const both = await statuses([...ask(client, 10), ...ask(other, 10)])
const stillIn = [client.session.status, other.session.status]

async function calls(path: string): Promise<{ status: number; calls: number }> {
  await control('reset')
  const answer = await client.fetch(issuer + path)
  await answer.arrayBuffer()
  return { status: answer.status, calls: await control('calls') }
}
const once = await calls('/api/expired-once')
const always = await calls('/api/expired-always')
const forbidden = await calls('/api/forbidden')

passTwentyMinutes()
await control('drop')
const lost = await client.fetch(ME).then(
  () => 'answered',
  (error: unknown) => (error instanceof ClientError ? error.code : String(error)),
)
const after = { session: client.session.status, kept: text !== undefined, farewells: farewells.length }
await control('serve')
// After giving up nobody is asked for three seconds, and calls are told the same.
const again = await untilAnswered()
await client.signOut()
const out = { session: client.session.status, kept: text !== undefined, why: farewells }
console.log(
  JSON.stringify({
    before,
    session: session.status,
    race,
    both,
    stillIn,
    once,
    always,
    forbidden,
    lost,
    after,
    again,
    out,
  }),
)
