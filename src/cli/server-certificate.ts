import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { DATA_FOLDER } from '../config/development-keys.ts'
import { hostOf, type Mode } from '../config/mode.ts'
import type { Settings } from '../config/settings.ts'
import type { KeyAndCertificate } from '../server/tls/self-signed.ts'

/** What `serve` was told of https. */
export interface TlsOptions {
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsDev?: boolean
}

export interface ServerCertificate extends KeyAndCertificate {
  /** For the console, in development. */
  readonly advice: readonly string[]
}

interface Start {
  readonly settings: Settings
  readonly mode: Mode
  readonly logger: Logger
}

/**
 * How the certificate is found, once the settings are known; undefined where the server answers plain http. Throws an
 * Error with a plain sentence where the options do not fit together, or, later, where there is no certificate to be had.
 */
export function certificateFinder({
  tlsCert,
  tlsKey,
  tlsDev = false,
}: TlsOptions): ((start: Start) => Promise<ServerCertificate>) | undefined {
  if (tlsDev) {
    if (tlsCert !== undefined || tlsKey !== undefined) {
      throw new Error('--tls-dev makes its own certificate: leave out --tls-cert and --tls-key, or --tls-dev')
    }
    return findDevelopmentCertificate
  }
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined) throw new Error('--tls-key needs --tls-cert: the certificate of that key')
  if (tlsKey === undefined) throw new Error('--tls-cert needs --tls-key: the private key of that certificate')
  return async ({ settings, logger }) => {
    const { namesHost, readCertificate } = await import('../server/tls/certificate-files.ts')
    const found = readCertificate({ certificatePath: tlsCert, keyPath: tlsKey }, new Date())
    const host = hostOf(settings.issuer)
    // A proxy in front may ask for another name.
    if (!namesHost(found.certificate, host)) {
      logger.warn(
        { host },
        'the certificate does not name the host of ISSUER: clients that come directly refuse it',
      )
    }
    return { ...found, advice: [] }
  }
}

async function findDevelopmentCertificate({ settings, mode }: Start): Promise<ServerCertificate> {
  if (mode === 'production') {
    throw new Error('--tls-dev is for development on this machine: use --tls-cert and --tls-key')
  }
  const { developmentCertificate } = await import('../server/tls/development-certificate.ts')
  const host = hostOf(settings.issuer).replace(/^\[|\]$/g, '')
  const found = developmentCertificate(DATA_FOLDER, host, { now: new Date(), random: systemRandom })
  const { certificatePath: path, made } = found
  return {
    ...found,
    advice: [
      `  tls       ${made ? 'made for this machine in' : 'from'} ${path}; trust that file:`,
      `            curl --cacert ${path} ${settings.issuer}/healthz`,
      `            NODE_EXTRA_CA_CERTS=${path} node …`,
      '            browsers: docs/tls.md says where',
    ],
  }
}
