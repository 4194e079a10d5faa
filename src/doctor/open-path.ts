/** Paths that are meant to be open: signing in and up, health, documents. */
const OPEN =
  /login|sign-?in|sign-?up|register|token|health|ready|ping|docs|openapi|well-known|metrics|status|public|version|forgot|reset|callback|authorize|^\/$/i

export function isMeantOpen(path: string): boolean {
  return OPEN.test(path)
}
