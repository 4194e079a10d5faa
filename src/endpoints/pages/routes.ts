import { z } from 'zod'
import { anyone } from '../../model/access.ts'
import { SIGN_OUT } from '../limits.ts'
import type { ServedRoute } from '../route.ts'
import { accountPageRoutes } from './account-routes.ts'
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
  page({
    path: '/login/step',
    access: anyone,
    load: async () => (await import('./factor-step.ts')).showStep,
  }),
  form({
    path: '/login/step',
    access: anyone,
    page: '/login/step',
    keeps: ['challenge_token', 'methods', 'by'],
    limit: { count: 300, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./factor-step.ts')).takeStep,
  }),
  form({
    path: '/login/passkey',
    access: anyone,
    page: '/login',
    limit: { count: 300, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./factor-step.ts')).takeStep,
  }),
  page({
    path: '/login/enrol',
    access: anyone,
    load: async () => (await import('./factor-step.ts')).showEnrol,
  }),
  form({
    path: '/login/enrol',
    access: anyone,
    page: '/login/enrol',
    keeps: ['challenge_token', 'offer_token', 'uri'],
    limit: { count: 300, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./factor-step.ts')).enrol,
  }),
  page({
    path: '/login/again',
    access: inBrowser,
    load: async () => (await import('./factor-step.ts')).showAgain,
  }),
  form({
    path: '/login/again',
    access: inBrowser,
    page: '/login/again',
    keeps: ['by'],
    limit: { count: 300, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./factor-step.ts')).proveAgainHere,
  }),
  page({
    path: '/login/with/{provider}',
    access: anyone,
    limit: { count: 100, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./providers.ts')).goToProvider,
  }),
  page({
    path: '/login/with/{provider}/callback',
    access: anyone,
    limit: { count: 100, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./providers.ts')).comeBack,
  }),
  {
    ...page({
      path: '/login/with/{provider}/callback',
      access: anyone,
      limit: { count: 100, periodMilliseconds: TEN_MINUTES },
      load: async () => (await import('./providers.ts')).comeBackByForm,
    }),
    method: 'POST',
    body: { types: ['form'], schema: z.record(z.string(), z.string()) },
  },
  page({
    path: '/login/newcomer',
    access: anyone,
    load: async () => (await import('./newcomer.ts')).showNewcomer,
  }),
  form({
    path: '/login/newcomer',
    access: anyone,
    page: '/login/newcomer',
    keeps: ['newcomer', 'profile.*'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./newcomer.ts')).takeNewcomer,
  }),
  page({ path: '/register', access: anyone, load: async () => (await import('./register.ts')).showRegister }),
  form({
    path: '/register/form',
    access: anyone,
    page: '/register',
    keeps: ['email', 'username', 'invitation', 'profile.*'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./register.ts')).register,
  }),
  page({ path: '/logout', access: anyone, load: async () => (await import('./sign-out.ts')).showSignOut }),
  form({
    path: '/logout/form',
    access: anyone,
    page: '/logout',
    limit: SIGN_OUT,
    load: async () => (await import('./sign-out.ts')).signOut,
  }),
  page({ path: '/verify', access: anyone, load: async () => (await import('./links.ts')).showVerify }),
  form({
    path: '/verify',
    access: anyone,
    page: '/verify',
    keeps: ['token'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./links.ts')).verify,
  }),
  form({
    path: '/verify/form',
    access: anyone,
    page: '/verify',
    keeps: ['username'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./links.ts')).askToVerify,
  }),
  page({ path: '/reset', access: anyone, load: async () => (await import('./links.ts')).showReset }),
  form({
    path: '/reset',
    access: anyone,
    page: '/reset',
    keeps: ['token'],
    aliases: { new_password: 'new-password' },
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./links.ts')).reset,
  }),
  form({
    path: '/reset/form',
    access: anyone,
    page: '/reset',
    keeps: ['username'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./links.ts')).askToReset,
  }),
  form({
    path: '/authorize/consent',
    access: inBrowser,
    page: '/account',
    load: async () => (await import('./consent.ts')).answerConsent,
  }),
  page({
    path: '/device',
    access: anyone,
    limit: { count: 120, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./device.ts')).showDevice,
  }),
  form({
    path: '/device/answer',
    access: inBrowser,
    page: '/device',
    load: async () => (await import('./device.ts')).answerForDevice,
  }),
  form({
    path: '/oidc/logout/form',
    access: inBrowser,
    page: '/account',
    limit: SIGN_OUT,
    load: async () => (await import('./oidc-sign-out.ts')).answerOidcSignOut,
  }),
  ...accountPageRoutes,
  page({ path: '/doctor', access: inBrowser, load: async () => (await import('./doctor.ts')).showDoctor }),
  form({
    path: '/doctor',
    access: inBrowser,
    page: '/doctor',
    limit: { count: 300, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./doctor.ts')).lookAtToken,
  }),
  page({ path: '/pages/{file}', access: anyone, load: async () => (await import('./files.ts')).sendFile }),
]
