/** A small application with the React door, for the browser tests. */
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { SignedIn, useSession } from '../../src/client/react.ts'
import { createClient } from '../../src/client.ts'

interface PageGlobals {
  readonly location: { readonly search: string }
  readonly document: { readonly body: Element }
  client: unknown
  draws: number
}
interface Element {
  append(element: unknown): void
}

const page = globalThis as unknown as PageGlobals
const client = createClient({
  issuer: new URLSearchParams(page.location.search).get('issuer') ?? '',
  storage: 'shared',
})
page.client = client
page.draws = 0

function Status() {
  page.draws++
  return createElement('p', { id: 'status' }, useSession(client).status)
}

const app = createElement(
  'main',
  null,
  createElement(Status),
  createElement(SignedIn, { client, otherwise: 'Please sign in.' }, 'Welcome.'),
)
createRoot(page.document.body as never).render(app)
