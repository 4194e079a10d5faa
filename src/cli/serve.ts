import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Auth } from '../auth.ts'
import type { AuthOptions } from '../auth-options.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { ConfigError } from '../config/config-error.ts'
import { DATA_FOLDER, developmentKeys } from '../config/development-keys.ts'
import { loadConfig } from '../config/load.ts'
import { createAuth } from '../create-auth.ts'
import { createLogger } from '../server/log.ts'
import { withPortProblem } from '../server/port-problem.ts'
import { type Serving, serve } from '../server/serve.ts'
import { print } from './output.ts'
import { certificateFinder, type ServerCertificate, type TlsOptions } from './server-certificate.ts'

/** Whatever is still under way after this is dropped; an orchestrator would kill us soon anyway. */
const LAST_MOMENT_MILLISECONDS = 9500

export async function serveCommand(options: TlsOptions): Promise<void> {
  const findCertificate = certificateFinder(options)
  const place = { cwd: process.cwd(), env: process.env, servesTls: findCertificate !== undefined }
  const {
    settings,
    mode,
    options: configured,
    warnings,
  } = await loadConfig(place).catch(async (error: unknown) => {
    const address = error instanceof ConfigError ? error.address : undefined
    throw address === undefined ? error : await withPortProblem(error, address)
  })
  const development = mode === 'development'
  const logger = createLogger(settings.logLevel)
  for (const warning of warnings) logger.warn({}, warning)

  const { host, port, issuer } = settings
  let made = false
  let tls: ServerCertificate | undefined
  const begin = async () => {
    if (development && settings.secretKey.length === 0) made = developmentKeys(DATA_FOLDER, systemRandom).made
    tls = await findCertificate?.({ settings, mode, logger })
    const auth = createAuth({
      logger,
      ...configured,
      ...(tls && { issuer }),
    } as AuthOptions) as unknown as Auth
    return serve({ auth, host, port, logger, tls })
  }
  const serving = await begin().catch(async (error: unknown) => {
    throw await withPortProblem(error, { host, port })
  })
  // Before anybody is told that it serves: who reads that may stop it at once.
  stopOnSignals(serving, logger)
  if (development) {
    const lines = [
      `Countersign serves ${issuer}`,
      `  docs      ${issuer}/docs`,
      `  database  ${settings.databaseUrl}`,
      ...(made ? [`  secret    made for development in ${DATA_FOLDER}/secret-key`] : []),
      ...(tls?.advice ?? []),
      `  admin     ${command()} users create --email you@example.com --role admin`,
    ]
    print(lines.join('\n'))
  } else {
    logger.info({ issuer, host, port, database: String(settings.databaseUrl) }, 'serving')
  }
}

function stopOnSignals(serving: Serving, logger: Logger): void {
  let stopping = false
  const stop = (signal: string): void => {
    if (stopping) return
    stopping = true
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(0), LAST_MOMENT_MILLISECONDS).unref()
    serving.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}

/** How this program is called from where it was started. */
function command(): string {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  return root === process.cwd() && existsSync(join(root, 'bin/countersign'))
    ? './bin/countersign'
    : 'npx countersign'
}
