import { type Auth, type AuthOptions, createAuth } from '../../src/index.ts'

export const ISSUER = 'http://127.0.0.1:8000'
export const PASSWORD = 'correct horse battery'

/** A clock that stands still until it is told to go on. */
export function handClock(start = Date.parse('2026-11-23T08:00:00Z')) {
  let time = start
  let steady = 0
  return {
    now: () => time,
    elapsed: () => steady,
    /** Both clocks go on. */
    advance(milliseconds: number): void {
      time += milliseconds
      steady += milliseconds
    },
    /** Somebody sets the wall clock. */
    step(milliseconds: number): void {
      time += milliseconds
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed JSON, or an empty object. */
  readonly body: Record<string, unknown>
}

export interface TestIssuer {
  readonly auth: Auth
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Registers and signs in; the tokens. */
  signUp(username: string): Promise<Tokens>
  signIn(username: string, more?: Record<string, string>): Promise<Answer>
  refresh(token: string, headers?: Record<string, string>): Promise<Answer>
  me(accessToken: string): Promise<Answer>
  close(): Promise<void>
}

export interface CallOptions {
  readonly json?: unknown
  readonly form?: Record<string, string> | string
  readonly token?: string
  readonly headers?: Record<string, string>
  readonly address?: string
}

export interface Tokens {
  readonly access: string
  readonly refresh: string
}

/** An issuer on a database of its own in memory. */
export async function startIssuer(options: AuthOptions = {}): Promise<TestIssuer> {
  const auth = createAuth({
    databaseUrl: 'sqlite::memory:',
    secretKey: SECRET_KEY,
    issuer: ISSUER,
    logLevel: 'silent',
    // A process that had to wait for a busy machine says 503 past the usual five seconds; the stories about that set them.
    maxStalenessSeconds: 300,
    ...options,
  }) as unknown as Auth
  // In production that is a step of its own.
  await auth.migrate()
  await auth.ready()

  const call: TestIssuer['call'] = async (method, path, { json, form, token, headers, address } = {}) => {
    const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString()
    const request = new Request(ISSUER + path, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    })
    return readAnswer(await auth.fetch(request, { address: address ?? '127.0.0.1' }))
  }
  const signIn: TestIssuer['signIn'] = (username, more) =>
    call('POST', '/token', { form: { grant_type: 'password', username, password: PASSWORD, ...more } })

  return {
    auth,
    call,
    signIn,
    async signUp(username) {
      const json = { email: `${username}@example.com`, username, password: PASSWORD }
      const registered = await call('POST', '/register', { json })
      if (registered.status !== 201) throw new Error(registered.text)
      return tokensOf(await signIn(username))
    },
    refresh: (token, headers) =>
      call('POST', '/refresh', { json: { refresh_token: token }, ...(headers && { headers }) }),
    me: (token) => call('GET', '/users/me', { token }),
    close: () => auth.close(),
  }
}

/** 32 bytes that are nobody's: random, made for each run. */
export const SECRET_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : {},
  }
}

export function tokensOf({ status, body, text }: Answer): Tokens {
  if (status !== 200) throw new Error(`no tokens: ${text}`)
  return { access: String(body.access_token), refresh: String(body.refresh_token) }
}

/** The claims of a token, unproven. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** A token of the same shape whose signature is not genuine. */
export function tampered(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const other = Buffer.from(JSON.stringify({ ...claims, roles: ['admin'] })).toString('base64url')
  return [header, other, signature].join('.')
}
