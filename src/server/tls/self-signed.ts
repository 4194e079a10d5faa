import { generateKeyPairSync, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { DAY_MILLISECONDS, HOUR_MILLISECONDS } from '../../base/duration.ts'
import type { Random } from '../../base/random.ts'
import { bitString, integer, objectId, octets, sequence, set, tagged, utcTime, utf8, yes } from './der.ts'

/** A certificate with its private key, both as PEM. */
export interface KeyAndCertificate {
  readonly certificate: string
  readonly key: string
}

export interface SelfSignedOptions {
  /** Host names, and addresses in their plain form, that it is good for. */
  readonly hosts: readonly string[]
  readonly now: Date
  readonly lifeDays: number
  readonly random: Random
}

const COMMON_NAME = '2.5.4.3'
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'

/**
 * A certificate for a server on this machine (RFC 5280), with a new P-256 key that signs it itself. It is no authority:
 * whoever trusts it trusts these hosts and no others, also if its key is stolen.
 */
export function makeSelfSigned({ hosts, now, lifeDays, random }: SelfSignedOptions): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256))
  const name = sequence(set(sequence(objectId(COMMON_NAME), utf8('Countersign development'))))
  // An hour back, for a clock that is a little behind.
  const from = new Date(now.getTime() - HOUR_MILLISECONDS)
  const until = new Date(now.getTime() + lifeDays * DAY_MILLISECONDS)
  const content = sequence(
    tagged(0, true, integer(Buffer.of(2))),
    integer(random(16)),
    algorithm,
    name,
    sequence(utcTime(from), utcTime(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      true,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(), true),
        extension(KEY_USAGE, bitString(Buffer.of(0x80), 7), true),
        extension(EXTENDED_KEY_USAGE, sequence(objectId(SERVER_AUTHENTICATION))),
        extension(SUBJECT_ALTERNATIVE_NAME, sequence(...hosts.map(generalName))),
      ),
    ),
  )
  const certificate = sequence(content, algorithm, bitString(sign('sha256', content, privateKey)))
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function extension(id: string, content: Uint8Array, isCritical = false): Buffer {
  return sequence(objectId(id), ...(isCritical ? [yes()] : []), octets(content))
}

/** RFC 5280 section 4.2.1.6: a host name, or the bytes of an address. */
function generalName(host: string): Buffer {
  return isIP(host) === 0
    ? tagged(2, false, Buffer.from(host, 'ascii'))
    : tagged(7, false, addressBytes(host))
}

/** Of loopback addresses only `::1` is of the newer kind. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  if (address !== '::1') throw new RangeError('of IPv6 only ::1')
  return Buffer.concat([Buffer.alloc(15), Buffer.of(1)])
}

function pem(kind: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ''].join('\n')
}
