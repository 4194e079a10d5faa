import { existsSync } from 'node:fs'
import { isIPv6 } from 'node:net'
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
import { explainFailure } from './failure.ts'
import { print } from './output.ts'
import { certificateFinder, type ServerCertificate, type TlsOptions } from './server-certificate.ts'
import { WORKER_VARIABLE } from './workers/messages.ts'
import type { WorkerLink } from './workers/worker.ts'

/** Whatever is still under way after this is dropped; an orchestrator would kill us soon anyway. */
const LAST_MOMENT_MILLISECONDS = 9500

/** For connections that are kept: each is told to leave with its next answer, and closed only if none comes in that time. */
const LINGER_MILLISECONDS = 10_000

export interface ServeCommandOptions extends TlsOptions {
  readonly workers: number
}

export async function serveCommand({ workers, ...options }: ServeCommandOptions): Promise<void> {
  const isWorker = process.env[WORKER_VARIABLE] !== undefined
  if (workers > 1 && !isWorker) return (await import('./workers/supervisor.ts')).superviseWorkers(workers)
  if (!isWorker) return serveHere(options)
  const { linkWorker } = await import('./workers/worker.ts')
  await serveHere(options, linkWorker(workers)).catch((error: unknown) => {
    process.stderr.write(`${explainFailure(error)}\n`)
    // What ties it to the process that watches it would keep it from ending.
    process.exit(1)
  })
}

async function serveHere(options: TlsOptions, link?: WorkerLink): Promise<void> {
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
      ...(link && { processes: link.processes }),
    } as AuthOptions) as unknown as Auth
    return serve({ auth, host, port, logger, tls })
  }
  const serving = await begin().catch(async (error: unknown) => {
    throw await withPortProblem(error, { host, port })
  })
  // Before anybody is told that it serves: who reads that may stop it at once.
  stopOnSignals(serving, logger, link)
  if (development) {
    const { port: taken } = serving.address
    const home = `${isIPv6(host) ? `[${host}]` : host}:${taken}`
    const lines = [
      `Countersign serves ${issuer}`,
      // A mistyped port shows nowhere else: clients get no answer, and nobody is told where one would be.
      ...(isAt(issuer, taken)
        ? []
        : [`  listens   ${home}: something has to lead there from ${new URL(issuer).host}`]),
      ...(settings.docs === 'open' ? [`  docs      ${issuer}/docs`] : []),
      `  database  ${settings.databaseUrl}`,
      ...(made ? [`  secret    made for development in ${DATA_FOLDER}/secret-key`] : []),
      ...(tls?.advice ?? []),
      `  admin     ${command()} users create --email you@example.com --role admin`,
    ]
    if (link) link.serving(settings.logLevel, lines.join('\n'))
    else print(lines.join('\n'))
  } else {
    link?.serving(settings.logLevel, '')
    logger.info({ issuer, host, port, database: String(settings.databaseUrl) }, 'serving')
  }
}

function stopOnSignals(serving: Serving, logger: Logger, link: WorkerLink | undefined): void {
  let stopping = false
  const stop = (signal: string, lingerMilliseconds = 0): void => {
    if (stopping) return
    stopping = true
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(0), LAST_MOMENT_MILLISECONDS + lingerMilliseconds).unref()
    serving.stop({ lingerMilliseconds }).then(
      () => {
        link?.report()
        process.exit(0)
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed')
        process.exit(1)
      },
    )
  }
  const onSignal = (signal: string) => stop(signal)
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  // Who asks for new workers by it has none here. By itself it would end us in the middle of an answer.
  if (link === undefined) process.on('SIGHUP', onSignal)
  link?.onStop((lingers) => stop('replaced', lingers ? LINGER_MILLISECONDS : 0))
}

/** Whether the address names that port, by itself or by its scheme. */
function isAt(address: string, port: number): boolean {
  const { protocol, port: named } = new URL(address)
  return port === Number(named || (protocol === 'https:' ? 443 : 80))
}

/** How this program is called from where it was started. */
function command(): string {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  return root === process.cwd() && existsSync(join(root, 'bin/countersign'))
    ? './bin/countersign'
    : 'npx countersign'
}
