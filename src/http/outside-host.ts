import { hostOf, isLoopback } from '../config/mode.ts'
import type { HttpRequest } from '../model/http-request.ts'

/**
 * The host that shows that a request did not come from this machine: the one that it names, or that a proxy in front
 * says it named. Undefined where nothing shows it.
 *
 * It is for telling an operator that a development server is in use. It keeps no attacker out: whoever can reach the
 * port can write any host.
 */
export function outsideHost(request: HttpRequest): string | undefined {
  const forwarded = request.headers.get('forwarded') ?? ''
  const hosts = [
    hostOf(request.url),
    withoutPort(request.headers.get('host') ?? ''),
    ...(request.headers.get('x-forwarded-host') ?? '').split(',').map(withoutPort),
    ...[...forwarded.matchAll(/\bhost="?([^";,\s]+)/gi)].map(([, host = '']) => withoutPort(host)),
  ]
  const host = hosts.find((name) => name !== '' && !isLoopback(name))
  return host?.replace(/[^\w.:[\]-]/g, '?').slice(0, 100)
}

function withoutPort(host: string): string {
  return host.trim().replace(/:\d+$/, '')
}
