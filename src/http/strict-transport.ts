import { hostOf, isLoopback } from '../config/mode.ts'

/**
 * Whether answers tie browsers to https (RFC 6797). Not on this machine: the order would hold for every other server that
 * people run on `localhost`.
 */
export function tiesToHttps(issuer: string): boolean {
  return issuer.startsWith('https:') && !isLoopback(hostOf(issuer))
}
