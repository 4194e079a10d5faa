import { randomBytes } from 'node:crypto'
import { type AuthOptions, createAuth } from '../../../src/index.ts'
import { patient } from '../../store/postgres-place.ts'
import { CLUSTER_ISSUER } from './node-server.ts'

export const CLUSTER_SECRET = randomBytes(32).toString('base64url')

/** More at once would wait too long for a connection on a busy machine. */
const TOGETHER = 8

/** A refresh token, and what stands in it. */
export interface SessionToken {
  readonly text: string
  readonly sessionId: string
  readonly generation: number
}

/** Signs a user in so many times, straight at the database; the tables are made where they are missing. */
export async function signInMany(
  count: number,
  databaseUrl: string,
  options: AuthOptions = {},
): Promise<SessionToken[]> {
  const place = databaseUrl.startsWith('postgres:')
    ? { store: patient({ url: databaseUrl }) }
    : { databaseUrl }
  const auth = createAuth({
    logLevel: 'silent',
    issuer: CLUSTER_ISSUER,
    secretKey: CLUSTER_SECRET,
    ...place,
    ...options,
  })
  await auth.migrate()
  await auth.ready()
  try {
    const { id: userId } = await auth.users.create({
      email: `${randomBytes(6).toString('hex')}@example.com`,
      password: 'correct horse battery',
    })
    const signIn = async () => {
      const { refresh_token } = await auth.sessions.start({ userId, amr: ['pwd'] })
      return readToken(String(refresh_token))
    }
    const tokens: SessionToken[] = []
    while (tokens.length < count) {
      const few = Math.min(TOGETHER, count - tokens.length)
      tokens.push(...(await Promise.all(Array.from({ length: few }, signIn))))
    }
    return tokens
  } finally {
    await auth.close()
  }
}

/** The plain parts of a refresh token. Its place and form are ours to know: see src/tokens/refresh-token.ts. */
export function readToken(text: string): SessionToken {
  const bytes = Buffer.from(text.slice('cs_rt_'.length), 'base64url')
  const id = bytes.toString('hex', 21, 37)
  const sessionId = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join(
    '-',
  )
  return { text, sessionId, generation: bytes.readUIntBE(37, 6) }
}
