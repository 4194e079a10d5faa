import { isIPv4, isIPv6 } from 'node:net'

/**
 * The prefix of an address that names its network: /24 for IPv4, /48 for IPv6 (what one customer is commonly given).
 * Undefined for what is not an address.
 */
export function networkOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const v4 = plainAddress(address)
  if (isIPv4(v4)) return `${v4.slice(0, v4.lastIndexOf('.'))}.0/24`
  if (!isIPv6(address)) return undefined
  return `${groupsOf(address).slice(0, 3).join(':')}::/48`
}

/** The eight groups of an IPv6 address, without leading zeros; a zone is dropped. */
function groupsOf(address: string): string[] {
  const [plain = ''] = address.split('%')
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(missing).fill('0'), ...after].map((group) =>
    group.toLowerCase().replace(/^0+(?=.)/, ''),
  )
}

/**
 * The place that tries are counted by: one address of IPv4, one /64 of IPv6, within which a single device picks its
 * addresses. Undefined for what is not an address.
 */
export function placeOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const v4 = plainAddress(address)
  if (isIPv4(v4)) return v4
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : undefined
}

/** An IPv4 address that IPv6 sockets show as a mapped one in its own form; every other address as it is. */
export function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}
