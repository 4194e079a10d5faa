import express, { type RequestHandler } from 'express'
import { guard, protect } from '../../src/express.ts'
import { auth } from './auth.ts'

const app = express()
protect(app, auth, { paths: { '/docs/*': auth.anyone } })

app.get('/me', guard(auth.signedIn), (_request, response) => {
  const plan: 'team' | 'free' = response.locals.principal.claims.plan
  response.json({ id: response.locals.principal.id, plan })
})
app.get('/open', guard(auth.anyone), (_request, response) => {
  const nobody: undefined = response.locals.principal
  response.json({ nobody })
})
app.get('/items/:id', guard(auth.needs({ scopes: ['orders:read'] })), (request, response) => {
  const { id } = request.params
  response.send(`${id} ${response.locals.principal.id}`)
})
// What Express reads off the path stays: no `string | string[]`.
app.get('/items/:id/:part', guard(auth.signedIn), (request, response) => {
  const id: string = request.params.id
  // @ts-expect-error the path has no such part
  response.json([id, request.params.nothing, response.locals.principal.id])
})
// Generics that are named by hand, handlers that know nothing of guards, and lists of them.
app.post<{ id: string }, unknown, { item: string }>(
  '/items/:id',
  guard(auth.signedIn),
  (request, response) => {
    const item: string = request.body.item
    response.json([request.params.id, item])
  },
)
const plain: RequestHandler<{ id: string }> = (request, response) => void response.send(request.params.id)
app.get('/plain/:id', guard(auth.signedIn), plain)
app.get('/list/:id', [guard(auth.signedIn), express.json()], plain)
app.use('/files', guard(auth.signedIn), express.static('files'))
app.use('/admin', guard(auth.needs({ roles: ['admin'] })))
// @ts-expect-error nobody was asked for
app.get('/nobody', guard(auth.anyone), (_request, response) => response.send(response.locals.principal.id))
// @ts-expect-error a plain object is no word
guard({ scopes: ['orders:read'] })
