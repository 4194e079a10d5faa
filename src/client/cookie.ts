export { ClientError } from './client-error.ts'
export { type CookieClient, type CookieClientOptions, createCookieClient } from './cookie-client.ts'
export type { Session, SignedOut } from './session.ts'
