import express from 'express'
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
app.use('/admin', guard(auth.needs({ roles: ['admin'] })))
// @ts-expect-error nobody was asked for
app.get('/nobody', guard(auth.anyone), (_request, response) => response.send(response.locals.principal.id))
// @ts-expect-error a plain object is no word
guard({ scopes: ['orders:read'] })
