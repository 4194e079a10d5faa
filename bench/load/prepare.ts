import type { Auth } from '../../src/index.ts'
import { prepareIssuer } from './prepare-issuer.ts'

/** Prepares a database for a server that is started afterwards, and prints what to send to it. */
const { createAuth } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts')

const { DATABASE_URL = '', SECRET_KEY = '', ISSUER = '' } = process.env
const connections = Number(process.argv[2] ?? 32)
const auth = createAuth({
  databaseUrl: DATABASE_URL,
  issuer: ISSUER,
  secretKey: SECRET_KEY,
  rateLimits: 'off',
}) as unknown as Auth
const prepared = await prepareIssuer(auth, ISSUER, connections)
await auth.close()
process.stdout.write(`${JSON.stringify(prepared)}\n`)
