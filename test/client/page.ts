/** What runs in the pages of the browser tests: a client, and what a test asks of it. */
import * as waysIn from '../../src/client/sign-in.ts'
import { type Client, ClientError, createClient, type SignedOut } from '../../src/client.ts'

export interface Outcome {
  readonly status?: number
  readonly error?: string
  /** Of a ClientError. */
  readonly code?: string
  readonly reference?: string | undefined
}

interface PageGlobals {
  client: Client
  waysIn: typeof waysIn
  outcomeOf(work: Promise<unknown>): Promise<Outcome>
  ask(path: string, giveUpAfter?: number): Promise<Outcome>
  signIn(username: string, password: string): Promise<Outcome>
  farewells: SignedOut[]
  /** Exposed by the test: tells it, in whatever page. */
  told?(farewell: SignedOut): void
  readonly location: { readonly search: string }
}

const page = globalThis as unknown as PageGlobals
const options = new URLSearchParams(page.location.search)
const storage = options.get('storage') ?? 'shared'
if (storage !== 'memory' && storage !== 'tab' && storage !== 'shared') throw new TypeError(storage)

page.farewells = []
page.waysIn = waysIn
page.client = createClient({
  // On the page that a sign-in leads back to the answer says whose it is (RFC 9207).
  issuer: options.get('issuer') ?? options.get('iss') ?? '',
  clientId: options.get('client') ?? 'first-party',
  storage,
  apis: options.getAll('api'),
  onSignedOut(farewell) {
    page.farewells.push(farewell)
    page.told?.(farewell)
  },
})

const outcomeOf = (work: Promise<unknown>): Promise<Outcome> =>
  work.then(
    (value) => ({ status: value instanceof Response ? value.status : 200 }),
    (error: unknown) => ({
      error: String(error),
      ...(error instanceof ClientError && { code: error.code, reference: error.reference }),
    }),
  )

page.outcomeOf = outcomeOf
page.ask = (path, giveUpAfter) => {
  const controller = new AbortController()
  if (giveUpAfter !== undefined) setTimeout(() => controller.abort(), giveUpAfter)
  const address = new URL(path, page.client.issuer)
  return outcomeOf(page.client.fetch(address, { signal: controller.signal }))
}
page.signIn = (username, password) => outcomeOf(page.client.signInWithPassword({ username, password }))
