import { Hono } from 'hono'
import { guard, protect } from '../../src/hono.ts'
import { auth } from './auth.ts'

const app = new Hono()
protect(app, auth, { paths: { '/docs/*': auth.anyone } })

app.get('/me', guard(auth.signedIn), (c) => {
  const plan: 'team' | 'free' = c.var.principal.claims.plan
  return c.json({ id: c.get('principal').id, plan })
})
app.get('/open', guard(auth.anyone), (c) => {
  const nobody: undefined = c.var.principal
  return c.json({ nobody })
})
app.get('/items/:id', guard(auth.needs({ scopes: ['orders:read'] })), (c) =>
  c.text(`${c.req.param('id')} ${c.var.principal.scopes[0]}`),
)
// @ts-expect-error nobody was asked for
app.get('/silent', (c) => c.text(c.var.principal.id))
// @ts-expect-error a plain object is no word
guard({ scopes: ['orders:read'] })
