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

function Todos() {
  const [todos, setTodos] = useState<Todo[]>([])
  const [name, setName] = useState('')
  const load = async () => setTodos(await (await client.fetch('/todos')).json())
  useEffect(() => {
    void load()
    void api.GET('/users/me').then(({ data }) => setName(data?.username ?? data?.email ?? ''))
  }, [])

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const body = JSON.stringify({ title: new FormData(form).get('title') })
    await client.fetch('/todos', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    form.reset()
    await load()
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
  const { status } = useSession(client)
  return (
    <SignedIn client={client} otherwise={<SignIn />} loading={<p>One moment …</p>}>
      <Todos key={status} />
    </SignedIn>
  )
}

const root = document.getElementById('app')
if (root !== null) createRoot(root).render(<App />)
