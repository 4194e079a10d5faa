import {
  type Answer,
  type CallOptions,
  PASSWORD,
  type TestIssuer,
  type Tokens,
  tampered,
} from '../../flows/issuer.ts'
import type { RewindableDatabase } from '../rewindable-database.ts'

/** A person with a session, made without faults. */
export interface Person {
  readonly userId: string
  readonly name: string
  readonly tokens: Tokens
  readonly sessionId: string
  /** Of a network of their own, for wrong passwords are counted by network. */
  readonly address: string
}

export interface Scene {
  readonly issuer: TestIssuer
  readonly database: RewindableDatabase
  readonly person: Person
  /** Adds what must not be. */
  wrong(text: string): void
}

/** Something a user does, that may fail at any call; and what must be true afterwards, once all is well again. */
export interface Flow {
  readonly name: string
  /** The answer of a flow without faults; anything else it answers is a refusal. */
  readonly status: number
  /** Before anything fails. */
  prepare?(scene: Scene): Promise<void>
  act(scene: Scene): Promise<Answer>
  /** At once, while whatever fails is failing still. */
  still?(scene: Scene, answer: Answer): Promise<void>
  /** Whether it was done or not, it was done wholly or not at all; and it can be repeated. */
  verify(scene: Scene, answer: Answer): Promise<void>
}

const NEXT_PASSWORD = 'another horse, another battery'
const KEY = { 'Idempotency-Key': 'stored before it was sent' }

const count = ({ database }: Scene, sql: string): number => Number(database.rows(sql)[0]?.n)
const events = (scene: Scene, name: string, userId = scene.person.userId): number =>
  count(scene, `SELECT count(*) n FROM cs_events WHERE name = '${name}' AND user_id = '${userId}'`)
const newcomer = ({ person }: Scene) => ({
  email: `${person.name}.new@example.com`,
  password: NEXT_PASSWORD,
})

const signInWith = ({ issuer, person }: Scene, password: string): Promise<Answer> =>
  issuer.call('POST', '/token', {
    form: { grant_type: 'password', username: person.name, password },
    address: person.address,
  })

function flow(
  name: string,
  status: number,
  request: (scene: Scene) => readonly [method: string, path: string, options: CallOptions],
  verify: Flow['verify'],
  still?: Flow['still'],
): Flow {
  return {
    name,
    status,
    verify,
    ...(still && { still }),
    act(scene) {
      const [method, path, options] = request(scene)
      return scene.issuer.call(method, path, { ...options, address: scene.person.address })
    },
  }
}

const register = flow(
  'register',
  201,
  (scene) => ['POST', '/register', { json: newcomer(scene) }],
  async (scene, answer) => {
    const [row] = scene.database.rows(`SELECT id FROM cs_users WHERE email = '${newcomer(scene).email}'`)
    if (answer.status === 201 && row === undefined) scene.wrong('registered, and not there')
    if (row !== undefined && events(scene, 'user.created', String(row.id)) !== 1) {
      scene.wrong('a user without the event')
    }
  },
)

const signIn = flow(
  'sign in',
  200,
  ({ person }) => [
    'POST',
    '/token',
    { form: { grant_type: 'password', username: person.name, password: PASSWORD } },
  ],
  async (scene, answer) => {
    const { person, issuer } = scene
    const sessions = count(scene, `SELECT count(*) n FROM cs_sessions WHERE user_id = '${person.userId}'`)
    if (sessions !== events(scene, 'session.started')) scene.wrong('a session without the event')
    if (answer.status === 200 && (await issuer.me(String(answer.body.access_token))).status !== 200) {
      scene.wrong('the tokens do not work')
    }
  },
)

const wrongPassword = flow(
  'sign in with a wrong password',
  400,
  ({ person }) => [
    'POST',
    '/token',
    { form: { grant_type: 'password', username: person.name, password: NEXT_PASSWORD } },
  ],
  async (scene) => {
    if (events(scene, 'session.started') !== 1) scene.wrong('a wrong password has made a session')
  },
)

const refresh = flow(
  'refresh',
  200,
  ({ person }) => ['POST', '/refresh', { json: { refresh_token: person.tokens.refresh }, headers: KEY }],
  async ({ person, issuer, wrong }, answer) => {
    const again = await issuer.refresh(person.tokens.refresh, KEY)
    if (again.status !== 200) return wrong(`the retry answers ${again.text}`)
    const text = again.body.refresh_token
    if (answer.status === 200 && answer.body.refresh_token !== text) wrong('two successors')
    if ((await issuer.refresh(String(text))).status !== 200) wrong('the successor does not work')
  },
)

const logout = flow(
  'log out',
  204,
  ({ person }) => ['POST', '/logout', { token: person.tokens.access }],
  async (scene, answer) => {
    const { person, issuer } = scene
    if (answer.status !== 204) {
      const again = await issuer.call('POST', '/logout', { token: person.tokens.access })
      if (again.status !== 204) return scene.wrong(`signing out again answers ${again.status}`)
    }
    if ((await issuer.me(person.tokens.access)).status !== 401) scene.wrong('signed out, and let in')
    if ((await issuer.refresh(person.tokens.refresh)).status !== 400) scene.wrong('signed out, and refreshed')
    const entries = count(scene, `SELECT count(*) n FROM cs_revocations WHERE ref = '${person.sessionId}'`)
    if (entries !== 1 || events(scene, 'session.ended') !== 1) scene.wrong('not one entry and one event')
  },
  staysOut,
)

const changePassword = flow(
  'change the password',
  204,
  ({ person }) => [
    'POST',
    '/password/change',
    { token: person.tokens.access, json: { current_password: PASSWORD, new_password: NEXT_PASSWORD } },
  ],
  async (scene, answer) => {
    const { person } = scene
    const changed = events(scene, 'user.password_changed')
    const entries = count(scene, `SELECT count(*) n FROM cs_revocations WHERE ref = '${person.userId}'`)
    if (changed !== entries || changed > 1) scene.wrong(`${changed} events, ${entries} entries`)
    if (answer.status === 204 && changed !== 1) scene.wrong('confirmed, and not changed')
    const { status } = await signInWith(scene, changed === 1 ? NEXT_PASSWORD : PASSWORD)
    if (status !== 200) scene.wrong(`the password that counts is refused: ${status}`)
    if (changed === 1 && (await signInWith(scene, PASSWORD)).status === 200)
      scene.wrong('the old password works')
  },
  staysOut,
)

const listSessions = flow(
  'list sessions',
  200,
  ({ person }) => ['GET', '/users/me/sessions', { token: person.tokens.access }],
  async ({ wrong, person }, answer) => {
    if (answer.status === 200 && !answer.text.includes(person.sessionId))
      wrong('the session is not in the list')
  },
)

const endSession = flow(
  'end a session',
  204,
  ({ person }) => ['DELETE', `/users/me/sessions/${person.sessionId}`, { token: person.tokens.access }],
  async (scene, answer) => {
    const { person, issuer } = scene
    const ended = events(scene, 'session.ended')
    const entries = count(scene, `SELECT count(*) n FROM cs_revocations WHERE ref = '${person.sessionId}'`)
    if (ended !== entries) scene.wrong(`${ended} events, ${entries} entries`)
    if (answer.status === 204 && ended !== 1) scene.wrong('confirmed, and not ended')
    const { status } = await issuer.me(person.tokens.access)
    if (status !== (ended === 1 ? 401 : 200)) scene.wrong(`afterwards ${status}`)
  },
  staysOut,
)

const endOthers = flow(
  'end all sessions',
  200,
  ({ person }) => ['DELETE', '/users/me/sessions', { token: person.tokens.access }],
  async (scene) => {
    const ended = events(scene, 'session.all_ended')
    const entries = count(scene, `SELECT count(*) n FROM cs_revocations WHERE ref = '${scene.person.userId}'`)
    if (ended !== entries) scene.wrong(`${ended} events, ${entries} entries`)
  },
)

const beRecognised = flow(
  'be recognised',
  200,
  ({ person }) => ['GET', '/users/me', { token: person.tokens.access }],
  async () => undefined,
)

/** What was confirmed holds at the very next request, whether or not this process can still ask its database. */
async function staysOut({ issuer, person, wrong }: Scene, { status }: Answer): Promise<void> {
  if (status >= 300) return
  const next = await issuer.me(person.tokens.access)
  if (next.status === 200) wrong('confirmed, and let in at the next request')
}

/** Doors that must stay shut, whatever breaks. */
const strangers: readonly Flow[] = [
  {
    name: 'be refused without a genuine token',
    status: 401,
    act: ({ issuer, person }) => issuer.me(tampered(person.tokens.access)),
    async verify() {},
  },
  {
    name: 'be refused after the session has ended',
    status: 401,
    async prepare({ issuer, person }) {
      await issuer.auth.sessions.end(person.userId, person.sessionId)
    },
    act: ({ issuer, person }) => issuer.me(person.tokens.access),
    async verify() {},
  },
  {
    name: 'be refused a refresh after the session has ended',
    status: 400,
    async prepare({ issuer, person }) {
      await issuer.auth.sessions.end(person.userId, person.sessionId)
    },
    act: ({ issuer, person }) => issuer.refresh(person.tokens.refresh),
    async verify() {},
  },
]

export const flows: readonly Flow[] = [
  register,
  signIn,
  wrongPassword,
  refresh,
  logout,
  changePassword,
  listSessions,
  endSession,
  endOthers,
  beRecognised,
  ...strangers,
]
