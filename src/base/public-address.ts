import { lookup as lookUp } from 'node:dns'
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net'
import { plainAddress } from './network.ts'

/** Networks that are not the internet (IANA special-purpose registries): this machine, its neighbours, cloud metadata. */
const NOT_PUBLIC = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv4')
}
/** Of IPv6 only what is given out as global unicast, and of that not what is a tunnel to IPv4 or documentation. */
const GLOBAL = new BlockList()
GLOBAL.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv6')
}

export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address)
  if (isIPv6(plain)) return GLOBAL.check(plain, 'ipv6') && !NOT_PUBLIC.check(plain, 'ipv6')
  return isIP(plain) === 4 && !NOT_PUBLIC.check(plain, 'ipv4')
}

/**
 * Resolves a name for a connection, to public addresses alone: a name that led to a public address when it was written
 * down may lead to a private one by now, and is asked only once for each connection (SSRF by DNS rebinding).
 */
export const lookUpPublic: LookupFunction = (hostname, options, answer) => {
  lookUp(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) return answer(error, [])
    const isInside = found.some(({ address }) => !isPublicAddress(address))
    if (isInside || found.length === 0) return answer(new Error('the name leads to a private address'), [])
    const [first] = found
    if (options.all === true || first === undefined) return answer(null, found)
    return answer(null, first.address, first.family)
  })
}
