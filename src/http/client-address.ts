import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../base/network.ts'

/** The proxies in front that are believed: how many there are, or their addresses and networks. */
export type TrustedProxies = number | readonly string[]

export interface ClientAddresses {
  /**
   * Who sent a request that came over a connection from that address. `X-Forwarded-For` is read from the right, as far
   * as proxies are trusted, for only what they added themselves is true (rule E11). What is no address, or stands where
   * no trusted proxy can have written it, is not believed: then it is the last hop that is known. `Forwarded` (RFC 7239)
   * is not read: a proxy that writes one of the two lets the other through as the client sent it.
   */
  clientOf(connection: string | undefined, forwardedFor: string | undefined): string | undefined
  /** Whether what a proxy says of a request is believed if it came over a connection from that address. */
  isFromProxy(connection: string | undefined): boolean
  /** Whether a trusted proxy says that the request came to it over plain http. */
  cameOverHttp(connection: string | undefined, forwardedProto: string | undefined): boolean
  /**
   * Whether a request shows signs of a proxy while none is trusted, and comes from nearby: then all people would seem to
   * be one, to every limit and in every log line.
   */
  isProxyUnknown(connection: string | undefined, forwardedFor: string | undefined): boolean
}

export function clientAddresses(trusted: TrustedProxies): ClientAddresses {
  const isTrusted = typeof trusted === 'number' ? undefined : listed(trusted)
  const most = typeof trusted === 'number' ? trusted : Number.POSITIVE_INFINITY
  const isFromProxy: ClientAddresses['isFromProxy'] = (connection) =>
    connection !== undefined && most > 0 && (isTrusted === undefined || isTrusted(connection))
  return {
    isFromProxy,
    // Where there are several, the first is that of the outermost proxy.
    cameOverHttp: (connection, forwardedProto) =>
      forwardedProto !== undefined && /^\s*http\s*(,|$)/i.test(forwardedProto) && isFromProxy(connection),
    clientOf(connection, forwardedFor) {
      if (connection === undefined || most === 0 || forwardedFor === undefined) return connection
      const hops = forwardedFor.split(',')
      let client = connection
      for (let passed = 0; passed < most && hops.length > 0; passed++) {
        if (isTrusted?.(client) === false) return client
        const before = readHop(hops.pop() ?? '')
        if (before === undefined) return client
        client = before
      }
      return client
    },
    isProxyUnknown: (connection, forwardedFor) =>
      trusted === 0 && forwardedFor !== undefined && connection !== undefined && isNearby(connection),
  }
}

/** An address as proxies write it: some add a port, and put IPv6 into brackets then. */
function readHop(text: string): string | undefined {
  const trimmed = text.trim()
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(trimmed)?.[1]
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(trimmed)?.[1]
  const address = bracketed ?? withPort ?? trimmed
  return isIP(address) === 0 ? undefined : address
}

function listed(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of networks) {
    const [network = '', prefix] = entry.split('/')
    const family = isIP(network) === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(prefix), family)
  }
  return (address) => {
    const plain = plainAddress(address)
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Addresses of this machine and of private networks (RFC 1918, RFC 4193, RFC 6598), where proxies live. */
const isNearby = listed([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
])
