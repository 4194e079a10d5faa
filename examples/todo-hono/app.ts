import { serve } from '@hono/node-server'
import { createAuth } from 'countersign'
import { guard, protect } from 'countersign/hono'
import { Hono } from 'hono'
import { validator } from 'hono/validator'
import config, { port } from './countersign.config.ts'
import { todos } from './todos.ts'

const auth = createAuth(config)
const mayRead = auth.needs({ scopes: ['todos:read'] })
const mayWrite = auth.needs({ scopes: ['todos:write'] })

export const app = new Hono()
const { ready } = protect(app, auth) // POST /register, /token, /refresh, /logout, /docs, … are served from here on

app.get('/', guard(auth.anyone), (c) =>
  c.text('Sign up at POST /register, sign in at POST /token, or see /docs.'),
)

app.get('/todos', guard(mayRead), (c) => c.json(todos.of(c.var.principal.id)))

const newTodo = validator('json', ({ title }: { title?: unknown }, c) => {
  const isTitle = typeof title === 'string' && title.length >= 1 && title.length <= 200
  return isTitle ? { title } : c.json({ detail: 'title: 1 to 200 characters' }, 422)
})

app.post('/todos', guard(mayWrite), newTodo, (c) =>
  c.json(todos.add(c.var.principal.id, c.req.valid('json').title), 201),
)

app.delete('/todos/:id', guard(mayWrite), (c) =>
  c.body(null, todos.remove(c.var.principal.id, c.req.param('id')) ? 204 : 404),
)

app.use('/manage/*', guard(auth.needs({ roles: ['admin'] })))
app.get('/manage/users', async (c) =>
  c.json({ users: await auth.users.list({ limit: 100 }), todos: todos.counts() }),
)

await ready()
serve({ fetch: app.fetch, port })
