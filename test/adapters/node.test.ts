import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { anyone, signedIn } from '../../src/index.ts'
import { INVENTORY, type InventoryEntry } from '../../src/model/inventory.ts'
import { type GuardedHandler, guard, nodeListener, UndeclaredRoutesError } from '../../src/node.ts'
import { HIDDEN, type OpenSample, SAMPLE_SIZE, SECRET, testAdapter, words } from './contract.ts'
import { testEdge } from './edge.ts'
import { testProbed } from './probed.ts'

const open: OpenSample = async ({ auth, hidden = false, edge }) => {
  const secret = guard(signedIn, (_request, response) => void response.end(SECRET))
  const many = Array.from({ length: SAMPLE_SIZE }, (_, at) => [`GET /many/${at}`, secret] as const)
  const routes: Record<string, GuardedHandler> = {
    'GET /open': guard(anyone, (_request, response) => void response.end('open')),
    'GET /secret': guard(signedIn, (_request, response, { principal }) => {
      response.end(`${SECRET} ${principal.id}`)
    }),
    'POST /secret': guard(signedIn, async (request, response) => {
      response.statusCode = parses(await text(request)) ? 200 : 400
      response.end(SECRET)
    }),
    'GET /items/:id': secret,
    'GET /files/*': secret,
    'GET /rule/:id': guard(words.rule, (_request, response) => void response.end(SECRET)),
    'GET /waiting/:id': guard(words.waiting, (_request, response) => void response.end(SECRET)),
    'GET /boom': guard(words.boom, (_request, response) => void response.end(SECRET)),
    'GET /admin/panel': guard(words.admin, (_request, response) => void response.end(`${SECRET} admin`)),
    'GET /plugin/page': guard(anyone, (_request, response) => void response.end('page')),
    ...Object.fromEntries(many),
  }
  // Here a route without a word cannot even be written: the listener does not come into being.
  let stopped: UndeclaredRoutesError | undefined
  if (hidden) {
    const forgotten = ((_request: unknown, response: { end(text: string): void }) =>
      response.end(SECRET)) as unknown as GuardedHandler
    try {
      nodeListener(auth, { routes: { ...routes, [`GET /many/${HIDDEN}`]: forgotten } })
    } catch (error) {
      if (!(error instanceof UndeclaredRoutesError)) throw error
      stopped = error
    }
    delete routes[`GET /many/${HIDDEN}`]
  }
  const listener = nodeListener(auth, { routes, ...edge })
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async ready() {
      if (stopped !== undefined) throw stopped
      await auth.ready()
    },
    routes: async () =>
      stopped === undefined
        ? listener[INVENTORY]()
        : stopped.routes.map(({ method, path }): InventoryEntry => ({ method, path, access: 'undeclared' })),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parses(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

testEdge('node', open)
testAdapter('node', open, { hidden: 404 })
testProbed('node', open)
