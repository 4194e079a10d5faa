import { loadConfig } from '../../../src/config/load.ts'
import { type AuthOptions, createAuth, signedIn } from '../../../src/index.ts'
import { createLogger } from '../../../src/server/log.ts'
import { serve } from '../../../src/server/serve.ts'

/**
 * One node of a cluster as a process of its own: what `countersign serve` serves, and beside it a route of an
 * application, which is guarded without asking the database.
 */
const { settings, options } = await loadConfig({ cwd: process.cwd(), env: process.env })
const logger = createLogger(settings.logLevel, false)
const auth = createAuth({ logger, ...options } as AuthOptions)
const serving = await serve({
  auth: {
    ...auth,
    async reply(request, info) {
      if (new URL(request.url).pathname !== '/orders') return auth.reply(request, info)
      const checked = await auth.check(request, signedIn)
      if (checked.ok) return { status: 204, headers: {}, body: null }
      const { status, headers } = checked.response
      return { status, headers: Object.fromEntries(headers), body: await checked.response.text() }
    },
  },
  host: settings.host,
  port: settings.port,
  logger,
})
process.stdout.write('Countersign serves a shop\n')
process.once('SIGTERM', () => void serving.stop().then(() => process.exit(0)))
