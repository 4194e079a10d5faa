import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { whyUnusable } from '../../config/failure.ts'
import { readSecretFile } from '../../config/secret-file.ts'
import { readTextFile } from '../../config/text-file.ts'
import type { KeyAndCertificate } from './self-signed.ts'

export interface CertificateFiles {
  readonly certificatePath: string
  readonly keyPath: string
}

/**
 * Reads what a server is to answer https with. Throws an Error with one plain sentence where it could not: a file that is
 * missing, no certificate, no key, a key of another one, or a certificate whose time is over or has not come.
 */
export function readCertificate(
  { certificatePath, keyPath }: CertificateFiles,
  now: Date,
): KeyAndCertificate {
  const certificate = told(`--tls-cert ${certificatePath}`, () => readText(certificatePath))
  const parsed = told(`--tls-cert ${certificatePath}`, () => parseCertificate(certificate, now))
  const key = told(`--tls-key ${keyPath}`, () => readSecretFile(keyPath))
  const privateKey = told(`--tls-key ${keyPath}`, () => parseKey(key))
  told(`--tls-key ${keyPath}`, () => {
    if (!parsed.checkPrivateKey(privateKey))
      throw new Error(`is not the key of the certificate in ${certificatePath}`)
  })
  told(`--tls-cert ${certificatePath}`, () => createSecureContext({ cert: certificate, key }))
  return { certificate, key }
}

/** Whether a certificate is good for a host, as clients see it. */
export function namesHost(certificate: string, host: string): boolean {
  const parsed = new X509Certificate(certificate)
  const plain = host.replace(/^\[|\]$/g, '')
  return (isIP(plain) === 0 ? parsed.checkHost(plain) : parsed.checkIP(plain)) !== undefined
}

function readText(path: string): string {
  const file = readTextFile(path)
  if (file === undefined) throw new Error('does not exist')
  return file.text
}

function parseCertificate(text: string, now: Date): X509Certificate {
  const certificate = parsedOrUndefined(() => new X509Certificate(text))
  if (certificate === undefined) throw new Error('holds no certificate in PEM form')
  if (now < certificate.validFromDate)
    throw new Error(`is not valid before ${day(certificate.validFromDate)}`)
  if (now >= certificate.validToDate) throw new Error(`has expired, on ${day(certificate.validToDate)}`)
  return certificate
}

function parseKey(text: string): KeyObject {
  const key = parsedOrUndefined(() => createPrivateKey(text))
  if (key !== undefined) return key
  if (text.includes('ENCRYPTED'))
    throw new Error('is protected by a passphrase, and nobody is there to type it: take it off')
  throw new Error('holds no private key in PEM form')
}

/** What OpenSSL says of a file helps nobody, and might repeat a part of it. */
function parsedOrUndefined<Value>(parse: () => Value): Value | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}

function told<Value>(what: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw new Error(`${what} ${whyUnusable(error)}`)
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
