// What express-session has kept, read beside the sessions of Countersign until the last of them has ended.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { credential, type User } from 'countersign'
import type { RequestHandler } from 'express'
import session, { type SessionData } from 'express-session'
import { people } from './people.ts'

declare module 'express-session' {
  interface SessionData {
    personId: number
    /** When the password was typed. Milliseconds since 1970. */
    since: number
  }
}

const COOKIE = 'connect.sid'
const SECRET = process.env.OLD_SESSION_SECRET ?? 'for development'

/** The store of the application: connect-redis or the like. This one forgets everything with the process. */
const store = new session.MemoryStore()

/** As the application has always had it. */
export const oldSessions = session({
  name: COOKIE,
  secret: SECRET,
  store,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax', maxAge: 8 * 60 * 60 * 1000 },
})

/**
 * Whom an old session proves, on the routes whose access word names `old-session`. It also ends with whatever ends all
 * sessions of the account, which raises its epoch.
 */
export const oldSession = (accountOf: (id: string) => Promise<User | undefined>) =>
  credential({
    name: 'old-session',
    read(request) {
      const cookies = request.header('cookie')
      // Whoever has signed in anew, or has a token, comes by that: two credentials in one request are refused.
      if (isNew(cookies) || request.header('authorization') !== undefined) return undefined
      // A browser adds the cookie to requests of other sites too: those may not even try.
      const isSafe = request.method === 'GET' || request.method === 'HEAD'
      if (!isSafe && request.header('sec-fetch-site') !== 'same-origin') return undefined
      return readCookie(cookies)
    },
    async verify(text) {
      const id = idOf(text)
      const found = id === undefined ? undefined : await load(id)
      if (!found?.personId || !found.cookie.expires) return undefined
      const person = people.find(found.personId)
      const account = person?.accountId ? await accountOf(person.accountId) : undefined
      if (account?.state !== 'active' || account.epoch !== person?.accountEpoch) return undefined
      return {
        id: account.id,
        roles: account.roles,
        expiresAt: new Date(found.cookie.expires).getTime() / 1000,
        authTime: Math.floor(found.since / 1000),
      }
    },
  })

/**
 * Ends the old session of whoever has a new one. To stand before everything else: a sign-out would only take the new one
 * away, and bring the old one back to life.
 */
export const endOldSession: RequestHandler = (request, response, next) => {
  const { cookie } = request.headers
  const text = isNew(cookie) ? readCookie(cookie) : undefined
  if (text === undefined) return next()
  response.clearCookie(COOKIE)
  const id = idOf(text)
  if (id === undefined) next()
  else store.destroy(id, next)
}

const isNew = (cookies = ''): boolean => /(?:^|; *)(?:__Host-)?countersign=/.test(cookies)
const readCookie = (cookies = ''): string | undefined => /(?:^|; *)connect\.sid=([^;]+)/.exec(cookies)?.[1]

/** The id in a cookie that we have signed: `s:`, the id, a dot and its HMAC, as express-session writes them. */
function idOf(text: string): string | undefined {
  const [id = '', signature = ''] = decoded(text).replace(/^s:/, '').split('.')
  const genuine = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '')
  const [one, other] = [Buffer.from(signature), Buffer.from(genuine)]
  return one.length === other.length && timingSafeEqual(one, other) ? id : undefined
}

/** As it came, where it is no percent-encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function load(id: string): Promise<SessionData | null | undefined> {
  return new Promise((resolve, reject) => {
    store.get(id, (error, found) => (error ? reject(error) : resolve(found)))
  })
}
