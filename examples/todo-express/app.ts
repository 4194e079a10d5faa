import { createAuth } from 'countersign'
import { guard, protect } from 'countersign/express'
import express from 'express'
import config, { port } from './countersign.config.ts'
import { todos } from './todos.ts'

const auth = createAuth(config)
const mayRead = auth.needs({ scopes: ['todos:read'] })
const mayWrite = auth.needs({ scopes: ['todos:write'] })

export const app = express()
protect(app, auth) // POST /register, /token, /refresh, /logout, /docs, … are served from here on
app.use(express.json())

app.get('/', guard(auth.anyone), (_request, response) => {
  response.type('text').send('Sign up at POST /register, sign in at POST /token, or see /docs.')
})

app.get('/todos', guard(mayRead), (_request, response) => {
  response.json(todos.of(response.locals.principal.id))
})

app.post('/todos', guard(mayWrite), (request, response) => {
  const title: unknown = request.body?.title
  if (typeof title !== 'string' || title.length < 1 || title.length > 200) {
    response.status(422).json({ detail: 'title: 1 to 200 characters' })
    return
  }
  response.status(201).json(todos.add(response.locals.principal.id, title))
})

app.delete('/todos/:id', guard(mayWrite), (request, response) => {
  response.sendStatus(todos.remove(response.locals.principal.id, request.params.id) ? 204 : 404)
})

app.use('/manage', guard(auth.needs({ roles: ['admin'] })))
app.get('/manage/users', async (_request, response) => {
  response.json({ users: await auth.users.list({ limit: 100 }), todos: todos.counts() })
})

app.listen(port, '127.0.0.1')
