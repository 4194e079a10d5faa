import { createAuth } from 'countersign'
import { guard, guardScope, protect } from 'countersign/fastify'
import Fastify from 'fastify'
import config, { port } from './countersign.config.ts'
import { todos } from './todos.ts'

const auth = createAuth(config)
const mayRead = auth.needs({ scopes: ['todos:read'] })
const mayWrite = auth.needs({ scopes: ['todos:write'] })

export const app = Fastify()
protect(app, auth) // POST /register, /token, /refresh, /logout, /docs, … are served from here on

app.get('/', guard(auth.anyone), () => 'Sign up at POST /register, sign in at POST /token, or see /docs.')

app.get('/todos', guard(mayRead), ({ principal }) => todos.of(principal.id))

const title = { type: 'string', minLength: 1, maxLength: 200 }
const body = { type: 'object', required: ['title'], properties: { title }, additionalProperties: false }

app.post('/todos', { ...guard(mayWrite), schema: { body } }, (request, reply) => {
  const { title } = request.body as { title: string }
  return reply.code(201).send(todos.add(request.principal.id, title))
})

app.delete('/todos/:id', guard(mayWrite), (request, reply) => {
  const { id } = request.params as { id: string }
  return reply.code(todos.remove(request.principal.id, id) ? 204 : 404).send()
})

app.register(
  async (admin) => {
    guardScope(admin, auth.needs({ roles: ['admin'] }))
    admin.get('/users', async () => ({ users: await auth.users.list({ limit: 100 }), todos: todos.counts() }))
  },
  { prefix: '/manage' },
)

await app.listen({ port })
