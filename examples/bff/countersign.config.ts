import type { AuthOptions } from 'countersign'

export const ISSUER = process.env.ISSUER ?? 'http://127.0.0.1:3000'
/** The API behind. Browsers never speak to it. */
export const API = process.env.API ?? 'http://127.0.0.1:3001'

export default {
  issuer: ISSUER,
  scopes: { 'todos:read': 'See your todos', 'todos:write': 'Change your todos' },
  roles: { user: { scopes: ['profile:read', 'todos:read', 'todos:write'] } },
} as const satisfies AuthOptions
