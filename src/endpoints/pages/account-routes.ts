import { SIGN_OUT } from '../limits.ts'
import type { ServedRoute } from '../route.ts'
import { form, inBrowser, page, recentlyInBrowser } from './page-route.ts'

const TEN_MINUTES = 600_000

/** What people see of their own account, and do with it. */
export const accountPageRoutes: readonly ServedRoute[] = [
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
    access: recentlyInBrowser,
    page: '/account/api-keys',
    keeps: ['name', 'days', 'scope:*'],
    limit: { count: 60, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./api-keys.ts')).createApiKey,
  }),
  form({
    path: '/account/api-keys/{id}/revoke',
    access: inBrowser,
    page: '/account/api-keys',
    load: async () => (await import('./api-keys.ts')).revokeApiKey,
  }),
  page({
    path: '/account/applications',
    access: inBrowser,
    load: async () => (await import('./applications.ts')).showApplications,
  }),
  form({
    path: '/account/applications/end',
    access: inBrowser,
    page: '/account/applications',
    load: async () => (await import('./applications.ts')).takeBack,
  }),
  page({
    path: '/account/connections',
    access: inBrowser,
    load: async () => (await import('./providers.ts')).showConnections,
  }),
  form({
    path: '/account/connections/with/{provider}',
    access: recentlyInBrowser,
    page: '/account/connections',
    limit: { count: 60, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./providers.ts')).connect,
  }),
  form({
    path: '/account/connections/{id}/remove',
    access: recentlyInBrowser,
    page: '/account/connections',
    load: async () => (await import('./providers.ts')).removeConnection,
  }),
  page({
    path: '/account/two-step',
    access: recentlyInBrowser,
    load: async () => (await import('./factors.ts')).showFactors,
  }),
  page({
    path: '/account/two-step/app',
    access: recentlyInBrowser,
    load: async () => (await import('./factors.ts')).showApp,
  }),
  form({
    path: '/account/two-step/app',
    access: recentlyInBrowser,
    page: '/account/two-step/app',
    keeps: ['offer_token', 'uri'],
    load: async () => (await import('./factors.ts')).addApp,
  }),
  form({
    path: '/account/two-step/app/remove',
    access: recentlyInBrowser,
    page: '/account/two-step',
    load: async () => (await import('./factors.ts')).removeApp,
  }),
  form({
    path: '/account/two-step/passkeys',
    access: recentlyInBrowser,
    page: '/account/two-step',
    keeps: ['name'],
    load: async () => (await import('./factors.ts')).addPasskey,
  }),
  form({
    path: '/account/two-step/passkeys/{id}/remove',
    access: recentlyInBrowser,
    page: '/account/two-step',
    load: async () => (await import('./factors.ts')).removePasskey,
  }),
  form({
    path: '/account/two-step/passkeys/{id}/name',
    access: recentlyInBrowser,
    page: '/account/two-step',
    load: async () => (await import('./factors.ts')).renamePasskey,
  }),
  form({
    path: '/account/two-step/codes',
    access: recentlyInBrowser,
    page: '/account/two-step',
    load: async () => (await import('./factors.ts')).makeCodes,
  }),
  page({
    path: '/account/email',
    access: inBrowser,
    load: async () => (await import('./own-data.ts')).showEmail,
  }),
  form({
    path: '/account/email',
    access: inBrowser,
    page: '/account/email',
    keeps: ['email'],
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./own-data.ts')).changeEmail,
  }),
  form({
    path: '/account/email/verify',
    access: inBrowser,
    page: '/account/email',
    limit: { count: 30, periodMilliseconds: TEN_MINUTES },
    load: async () => (await import('./own-data.ts')).verifyOwnEmail,
  }),
  page({
    path: '/account/data',
    access: inBrowser,
    load: async () => (await import('./own-data.ts')).showData,
  }),
  form({
    path: '/account/delete',
    access: inBrowser,
    page: '/account/data',
    load: async () => (await import('./own-data.ts')).deleteAccount,
  }),
  form({
    path: '/account/sign-out',
    access: inBrowser,
    page: '/account',
    limit: SIGN_OUT,
    load: async () => (await import('./sign-out.ts')).signOut,
  }),
]
