import { createAuth, type User } from 'countersign'
import { guard, protect } from 'countersign/express'
import express from 'express'
import config, { port } from './countersign.config.ts'
import { endOldSession, oldSession, oldSessions } from './old-sessions.ts'
import { people } from './people.ts'
import { todos } from './todos.ts'

const auth = createAuth({ ...config, credentials: [oldSession(accountOf)] })

function accountOf(id: string): Promise<User | undefined> {
  return auth.users.find(id)
}

// Everybody has an account from now on, with the password they have. On PostgreSQL both steps are one transaction.
for (const { id, email, passwordHash } of people.toMove()) {
  // These addresses were proven when people signed up.
  people.moved(id, await auth.users.import({ email, emailVerified: true, passwordHash }))
}

export const app = express()
app.use(endOldSession)
protect(app, auth) // who signs in at POST /session, or on the page /login, has a session of Countersign
app.use(express.json())

/** Countersign counts wrong passwords at its own ways in, and knows nothing of this one. */
const mayTry = auth.limited(auth.anyone, { name: 'old-sign-in', count: 20, perSeconds: 600 })

// Goes first, when the front end calls POST /session. Eight hours later nobody has an old session.
app.post('/old/sign-in', guard(mayTry), oldSessions, async (request, response) => {
  const person = await people.byPassword(request.body?.email, request.body?.password)
  if (person === undefined) return void response.sendStatus(401)
  request.session.regenerate((error) => {
    if (error) return void response.sendStatus(500)
    Object.assign(request.session, { personId: person.id, since: Date.now() })
    response.sendStatus(204)
  })
})

/** The same people by both, known by one id. Without `old-session` the move is over. */
const either = auth.needs({ via: ['old-session', 'session', 'bearer'] })

app.get('/todos', guard(either), (_request, response) => {
  response.json(todos.of(response.locals.principal.id))
})

app.post('/todos', guard(either), (request, response) => {
  const title: unknown = request.body?.title
  if (typeof title !== 'string' || title.length < 1 || title.length > 200) {
    response.status(422).json({ detail: 'title: 1 to 200 characters' })
    return
  }
  response.status(201).json(todos.add(response.locals.principal.id, title))
})

app.listen(port, '127.0.0.1')
