import { ClientError, createClient } from 'countersign/client'
import { SignedIn, useSession } from 'countersign/client/react'
import createApi from 'openapi-fetch'
import { type FormEvent, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { paths } from './api'

const client = createClient({
  issuer: location.origin,
  storage: 'shared',
  onSignedOut: ({ why }) => console.log(`signed out: ${why}`),
})
/** The issuer's own endpoints, typed by its description. */
const api = createApi<paths>({ baseUrl: client.issuer, fetch: client.fetch })

interface Todo {
  readonly id: string
  readonly title: string
}

/** An answer that is one: a refusal has a body of its own, which is no list. */
async function answerOf(path: string, init?: RequestInit): Promise<Response> {
  const answer = await client.fetch(path, init)
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
  return answer
}

function Todos() {
  const [todos, setTodos] = useState<Todo[]>([])
  const [name, setName] = useState('')
  const [problem, setProblem] = useState('')
  const load = async () => setTodos(await (await answerOf('/todos')).json())
  useEffect(() => {
    load().catch(() => setProblem('Your todos cannot be read now.'))
    void api.GET('/users/me').then(
      ({ data }) => setName(data?.username ?? data?.email ?? ''),
      () => undefined,
    )
  }, [])

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const body = JSON.stringify({ title: new FormData(form).get('title') })
    try {
      await answerOf('/todos', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      form.reset()
      await load()
      setProblem('')
    } catch {
      setProblem('That was not kept. Please try again.')
    }
  }
  return (
    <>
      <h1>Todos of {name}</h1>
      <ul>
        {todos.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
      <form onSubmit={add}>
        <input name="title" aria-label="Title" required />
        <button type="submit">Add</button>
      </form>
      <p role="alert">{problem}</p>
      <button type="button" onClick={() => client.signOut()}>
        Sign out
      </button>
    </>
  )
}

function SignIn() {
  const [problem, setProblem] = useState('')
  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    try {
      await client.signInWithPassword({
        username: String(form.get('username')),
        password: String(form.get('password')),
      })
    } catch (error) {
      setProblem(error instanceof ClientError ? error.message : 'Please try again.')
    }
  }
  return (
    <form onSubmit={signIn}>
      <h1>Sign in</h1>
      <input name="username" aria-label="Name" autoComplete="username" required />
      <input name="password" aria-label="Password" type="password" autoComplete="current-password" required />
      <button type="submit">Sign in</button>
      <p role="alert">{problem}</p>
    </form>
  )
}

function App() {
  const session = useSession(client)
  // Somebody else may sign in in another tab: nothing of the former is left on the page then.
  const whose = session.status === 'signed-in' ? session.userId : undefined
  return (
    <SignedIn client={client} otherwise={<SignIn />} loading={<p>One moment …</p>}>
      <Todos key={whose} />
    </SignedIn>
  )
}

const root = document.getElementById('app')
if (root !== null) createRoot(root).render(<App />)
