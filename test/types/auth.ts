import { createAuth } from '../../src/index.ts'

/** What the type tests use: never run. */
export const auth = createAuth({
  scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
  profile: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ({ value: value as { readonly locale: 'en' | 'de' } }),
    },
  },
  claims: (user) =>
    ({ plan: user.roles.includes('admin') ? 'team' : 'free', locale: user.profile.locale }) as const,
})
