import { anyone } from '../../model/access.ts'
import type { ServedRoute } from '../route.ts'
import { form, inBrowser, page } from './page-route.ts'

const TEN_MINUTES = 600_000

/** The pages for people, beside the table of the API; the same router, guard and dispatcher serve them. */
export const pageRoutes: readonly ServedRoute[] = [
  page({ path: '/login', access: anyone, load: async () => (await import('./login.ts')).showLogin }),
  form({
    path: '/login',
    access: anyone,
    page: '/login',
    keeps: ['username'],
    limit: { count: 300, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./login.ts')).signIn,
  }),
  page({ path: '/register', access: anyone, load: async () => (await import('./register.ts')).showRegister }),
  form({
    path: '/register/form',
    access: anyone,
    page: '/register',
    keeps: ['email', 'username'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./register.ts')).register,
  }),
  page({ path: '/logout', access: anyone, load: async () => (await import('./sign-out.ts')).showSignOut }),
  form({
    path: '/logout/form',
    access: anyone,
    page: '/logout',
    load: async () => (await import('./sign-out.ts')).signOut,
  }),
  page({ path: '/account', access: inBrowser, load: async () => (await import('./account.ts')).showAccount }),
  page({
    path: '/account/password',
    access: inBrowser,
    load: async () => (await import('./account.ts')).showPassword,
  }),
  form({
    path: '/account/password',
    access: inBrowser,
    page: '/account/password',
    aliases: { current_password: 'password', new_password: 'new-password' },
    load: async () => (await import('./account.ts')).changePassword,
  }),
  page({
    path: '/account/username',
    access: inBrowser,
    load: async () => (await import('./account.ts')).showUsername,
  }),
  form({
    path: '/account/username',
    access: inBrowser,
    page: '/account/username',
    keeps: ['username'],
    load: async () => (await import('./account.ts')).changeUsername,
  }),
  page({
    path: '/account/profile',
    access: inBrowser,
    load: async () => (await import('./account.ts')).showProfile,
  }),
  form({
    path: '/account/profile',
    access: inBrowser,
    page: '/account/profile',
    keeps: ['profile.*'],
    load: async () => (await import('./account.ts')).changeProfile,
  }),
  page({
    path: '/account/sessions',
    access: inBrowser,
    load: async () => (await import('./sessions.ts')).showSessions,
  }),
  form({
    path: '/account/sessions/end-others',
    access: inBrowser,
    page: '/account/sessions',
    load: async () => (await import('./sessions.ts')).endOtherSessions,
  }),
  form({
    path: '/account/sessions/{id}/end',
    access: inBrowser,
    page: '/account/sessions',
    load: async () => (await import('./sessions.ts')).endOneSession,
  }),
  page({
    path: '/account/api-keys',
    access: inBrowser,
    load: async () => (await import('./api-keys.ts')).showApiKeys,
  }),
  form({
    path: '/account/api-keys',
    access: inBrowser,
    page: '/account/api-keys',
    keeps: ['name', 'days', 'scope:*'],
    load: async () => (await import('./api-keys.ts')).createApiKey,
  }),
  form({
    path: '/account/api-keys/{id}/revoke',
    access: inBrowser,
    page: '/account/api-keys',
    load: async () => (await import('./api-keys.ts')).revokeApiKey,
  }),
  form({
    path: '/account/sign-out',
    access: inBrowser,
    page: '/account',
    load: async () => (await import('./sign-out.ts')).signOut,
  }),
  page({ path: '/pages/{file}', access: anyone, load: async () => (await import('./files.ts')).sendFile }),
]
