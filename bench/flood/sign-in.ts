import type { Served } from './target.ts'

/** The body of a sign-in, and the headers that go with it. */
export function bodyOf(
  { type, login: name, headers }: Served['signIn'],
  login: string,
  password: string,
): { readonly text: string; readonly headers: Readonly<Record<string, string>> } {
  const fields = { [name]: login, password, ...(type === 'form' && { grant_type: 'password' }) }
  const text = type === 'form' ? new URLSearchParams(fields).toString() : JSON.stringify(fields)
  return {
    text,
    headers: {
      'content-type': type === 'form' ? 'application/x-www-form-urlencoded' : 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      ...headers,
    },
  }
}
