import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MILLISECONDS } from '../../base/duration.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { type Random, randomId } from '../../base/random.ts'
import { namesHost, readCertificate } from './certificate-files.ts'
import { type KeyAndCertificate, makeSelfSigned } from './self-signed.ts'

/** The certificate of development, and where it is. */
export interface DevelopmentCertificate extends KeyAndCertificate {
  readonly certificatePath: string
  /** Whether this start made it: then it has to be trusted anew. */
  readonly made: boolean
}

/** What browsers still take. */
const LIFE_DAYS = 397
const RENEW_DAYS = 7
const HOSTS = ['localhost', '127.0.0.1', '::1']

/**
 * The certificate that `serve --tls-dev` answers with, of the data folder; made there where there is none, where it is
 * about to expire, or where it does not name the host. Good for this machine only, and no authority.
 */
export function developmentCertificate(
  folder: string,
  host: string,
  { now, random }: { readonly now: Date; readonly random: Random },
): DevelopmentCertificate {
  const certificatePath = join(folder, 'tls-dev-cert.pem')
  const keyPath = join(folder, 'tls-dev-key.pem')
  const known = usable({ certificatePath, keyPath }, host, now)
  if (known !== undefined) return { ...known, certificatePath, made: false }

  const hosts = HOSTS.includes(host) ? HOSTS : [...HOSTS, host]
  const made = makeSelfSigned({ hosts, now, lifeDays: LIFE_DAYS, random })
  if (makeFolder(folder, 0o700)) writeFileSync(join(folder, '.gitignore'), '*\n')
  replaceFile(keyPath, made.key, random)
  replaceFile(certificatePath, made.certificate, random)
  return { ...made, certificatePath, made: true }
}

/** Undefined where a new one is needed, whatever the reason: it is for development, and made in a moment. */
function usable(
  paths: { readonly certificatePath: string; readonly keyPath: string },
  host: string,
  now: Date,
): KeyAndCertificate | undefined {
  try {
    const soon = new Date(now.getTime() + RENEW_DAYS * DAY_MILLISECONDS)
    const known = readCertificate(paths, soon)
    return namesHost(known.certificate, host) ? known : undefined
  } catch {
    return undefined
  }
}

/** With its whole content or not at all. */
function replaceFile(path: string, text: string, random: Random): void {
  const draft = `${path}.${randomId(random)}`
  writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true })
  renameSync(draft, path)
}
