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
  form({
    path: '/account/sign-out',
    access: inBrowser,
    page: '/account',
    load: async () => (await import('./sign-out.ts')).signOut,
  }),
  page({ path: '/pages/{file}', access: anyone, load: async () => (await import('./files.ts')).sendFile }),
]
