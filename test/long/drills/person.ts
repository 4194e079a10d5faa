import assert from 'node:assert/strict'

const PASSWORD = 'correct horse battery'

export interface Held {
  readonly access: string
  readonly refresh: string
}

async function post(url: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers: { connection: 'close' } })
}

export async function register(server: string, name: string): Promise<void> {
  const answer = await fetch(`${server}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.com`, username: name, password: PASSWORD }),
  })
  assert.equal(answer.status, 201, await answer.text())
}

export const askSignIn = (server: string, username: string): Promise<Response> =>
  post(`${server}/token`, { grant_type: 'password', username, password: PASSWORD })

export const askRefresh = (server: string, { refresh }: Held): Promise<Response> =>
  post(`${server}/refresh`, { refresh_token: refresh })

export async function held(answer: Response): Promise<Held> {
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  const { access_token, refresh_token } = JSON.parse(text)
  return { access: access_token, refresh: refresh_token }
}

export async function signUp(server: string, name: string): Promise<Held> {
  await register(server, name)
  return held(await askSignIn(server, name))
}

/** A request with the access token. */
export const askAbout = (server: string, { access }: Held): Promise<Response> =>
  fetch(`${server}/users/me`, { headers: { authorization: `Bearer ${access}`, connection: 'close' } })

/** Its status. */
export async function ask(server: string, tokens: Held): Promise<number> {
  const answer = await askAbout(server, tokens)
  await answer.arrayBuffer()
  return answer.status
}

export async function signOut(server: string, { access }: Held): Promise<void> {
  const headers = { authorization: `Bearer ${access}` }
  assert.equal((await fetch(`${server}/logout`, { method: 'POST', headers })).status, 204)
}
