import type { AuthOptions } from 'countersign'

/** Where the app listens. Behind a proxy, `issuer` is the address that browsers use. */
export const port = Number(process.env.PORT ?? 3000)

export default {
  issuer: `http://127.0.0.1:${port}`,
  scopes: { 'chat:join': 'Read and write in the chat' },
  roles: { user: { scopes: ['profile:read', 'chat:join'] } },
  // So that the chat knows names without asking the database.
  claims: ({ username }) => ({ name: username ?? 'somebody' }),
} as const satisfies AuthOptions
