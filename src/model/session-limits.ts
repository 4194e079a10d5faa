/** How long a browser session lives: without being used, and at most. */
export interface SessionLimits {
  readonly idleMilliseconds: number
  readonly lifeMilliseconds: number
}

/** Shorter ones for whoever looks after the service (rule F-3). */
export interface BrowserSessionLimits {
  readonly everybody: SessionLimits
  readonly administrators: SessionLimits
}

/** By what the roles hold now: a scope of the administration makes an administrator. */
export function limitsFor(scopes: readonly string[], limits: BrowserSessionLimits): SessionLimits {
  return scopes.some((name) => name.startsWith('admin:')) ? limits.administrators : limits.everybody
}
