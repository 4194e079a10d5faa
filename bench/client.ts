import { here } from '../src/client/surroundings.ts'
import { createClient } from '../src/client.ts'
import { takeTurns } from './rounds.ts'

/** What a call costs more through the client, with a token that is good: the network is a function that answers at once. */
const answer = new Response(null, { status: 204 })
const network = async () => answer
const LIFE_MILLISECONDS = 900_000
const ends = Date.now() + LIFE_MILLISECONDS
const record = { access: 'y'.repeat(700), refresh: 'x', scope: '', expires: ends, renew: ends, ahead: 0 }
const measured = createClient(
  {
    issuer: 'https://issuer.example',
    apis: ['https://api.example'],
    storage: { read: async () => JSON.stringify(record), replace: async () => false },
  },
  { ...here, locks: undefined, openChannel: () => undefined, fetch: network },
)
await measured.ready()

const url = 'https://api.example/orders?page=1'
const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
const calls =
  (fetch: (input: string, init?: RequestInit) => Promise<unknown>, options?: RequestInit) =>
  async (from: number, to: number) => {
    for (let index = from; index < to; index++) await fetch(url, options)
  }
const figures = await takeTurns(
  {
    bare: calls(network),
    get: calls((input, options) => measured.fetch(input, options)),
    post: calls((input, options) => measured.fetch(input, options), init),
  },
  { count: 20_000, rounds: 5, slice: 500 },
)
console.log('| added by a call with a good token | us |\n|---|---|')
console.log(`| GET | ${(figures.get - figures.bare).toFixed(1)} |`)
console.log(`| POST with headers | ${(figures.post - figures.bare).toFixed(1)} |`)
