import type { AuthOptions } from 'countersign'

/** Read by the app and by `npx countersign`, so that both speak of the same accounts. */
export default {
  issuer: process.env.ISSUER ?? 'http://127.0.0.1:3000',
  scopes: {
    'todos:read': 'See your todos',
    'todos:write': 'Change your todos',
  },
  roles: {
    user: { scopes: ['profile:read', 'todos:read', 'todos:write'] },
  },
} as const satisfies AuthOptions
