import type { AuthOptions } from 'countersign'

/** Where the app listens. Behind a proxy, `issuer` is the address that clients use. */
export const port = Number(process.env.PORT ?? 3000)

/** Read by the app and by `npx countersign`, so that both speak of the same accounts. */
export default {
  issuer: `http://127.0.0.1:${port}`,
  scopes: {
    'todos:read': 'See your todos',
    'todos:write': 'Change your todos',
  },
  roles: {
    user: { scopes: ['profile:read', 'todos:read', 'todos:write'] },
  },
} as const satisfies AuthOptions
