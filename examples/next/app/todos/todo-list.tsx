'use client'

import { type CookieClient, createCookieClient } from 'countersign/client/cookie'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import type { Todo } from '../../lib/todos'

let client: CookieClient | undefined
/** In the browser alone: it adds the CSRF token of the session, and reads no cookie and no token. */
const here = () => {
  client ??= createCookieClient()
  return client
}

export function TodoList({ todos }: { readonly todos: readonly Todo[] }) {
  const router = useRouter()

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const body = JSON.stringify({ title: new FormData(form).get('title') })
    const headers = { 'content-type': 'application/json' }
    await here().fetch('/api/todos', { method: 'POST', headers, body })
    form.reset()
    router.refresh()
  }
  async function signOut() {
    await here().signOut()
    location.assign('/')
  }
  return (
    <main>
      <h1>Your todos</h1>
      <ul>
        {todos.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
      <form onSubmit={add}>
        <input name="title" aria-label="Title" required />
        <button type="submit">Add</button>
      </form>
      <button type="button" onClick={signOut}>
        Sign out
      </button>
    </main>
  )
}
