import Fastify from 'fastify'
import { guard, protect } from '../../src/fastify.ts'
import { auth } from './auth.ts'

const app = Fastify()
protect(app, auth, { paths: { '/docs/*': auth.anyone } })

app.get('/me', guard(auth.signedIn), (request) => {
  const plan: 'team' | 'free' = request.principal.claims.plan
  return { id: request.principal.id, plan }
})
app.get('/open', guard(auth.anyone), (request) => {
  const nobody: undefined = request.principal
  return { nobody }
})
app.get(
  '/orders',
  { ...guard(auth.needs({ scopes: ['orders:read'] })), bodyLimit: 100 },
  (request) => request.principal.id,
)

// Generics that are named switch the inference off: the wide type is left.
app.get<{ Params: { id: string } }>('/items/:id', guard(auth.signedIn), (request) => {
  const id: string = request.params.id
  return { id, who: request.principal?.id }
})
const onRequest = async () => undefined
app.get('/hooked', { ...guard(auth.signedIn), onRequest }, (request) => request.principal.id)
// @ts-expect-error the hook would be lost
app.get('/lost', { onRequest, ...guard(auth.signedIn) }, (request) => request.principal.id)
app.post<{ Body: { item: string } }, { access: typeof auth.signedIn }>(
  '/named',
  guard(auth.signedIn),
  ({ body, principal }) => `${principal.id} ${body.item}`,
)
// @ts-expect-error a route without a word may have nobody
app.get('/silent', (request) => request.principal.id)
// @ts-expect-error a plain object is no word
app.get('/plain', { config: { access: { scopes: ['orders:read'] } } }, () => 'x')
// @ts-expect-error nor is a text
guard('signedIn')
