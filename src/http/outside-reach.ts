import { BlockList, isIP } from 'node:net'
import { hostOf, isLoopback } from '../config/mode.ts'

/** Networks that the Internet does not reach (RFC 1918, RFC 4193, RFC 6598, and what a link or a machine has for itself). */
const NEAR = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  NEAR.addSubnet(network, prefix)
}
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  NEAR.addSubnet(network, prefix, 'ipv6')
}

/**
 * What shows that a request did not come from this machine: the host that it, or a proxy in front, names, or the public
 * address that it came from. Undefined where nothing does. A private address shows nothing: so look the requests of a
 * container whose port is published on this machine.
 *
 * It is for telling an operator that a development server is in use. It keeps no attacker out: whoever can reach the
 * port from a private network can write any host.
 */
export function outsideReach(request: Request, address: string | undefined): string | undefined {
  const named = [
    hostOf(request.url),
    ...hostsIn(request.headers.get('x-forwarded-host') ?? ''),
    ...[...(request.headers.get('forwarded') ?? '').matchAll(/\bhost="?([^";,\s]+)/gi)].map(([, host]) =>
      withoutPort(host ?? ''),
    ),
  ]
  const host = named.find((name) => !isLoopback(name))
  if (host !== undefined) return `host ${host.replace(/[^\w.:[\]-]/g, '?').slice(0, 100)}`
  return address !== undefined && isPublic(address) ? `address ${address}` : undefined
}

function hostsIn(list: string): string[] {
  return list
    .split(',')
    .map((host) => withoutPort(host.trim()))
    .filter((host) => host !== '')
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '')
}

function isPublic(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const family = isIP(plain)
  return family !== 0 && !NEAR.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}
