import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { nodeListener } from '../../src/adapters/node.ts'
import { type Auth, type AuthOptions, createAuth } from '../../src/index.ts'

export const PASSWORD = 'correct horse battery'

/** Handles a request instead of the issuer, or around it. */
export type Between = (request: IncomingMessage, response: ServerResponse, go: () => void) => void

/** An issuer, and an application's pages at another origin. */
export interface Site {
  readonly auth: Auth
  readonly issuer: string
  /** Address of the application's page; `search` for what it is to do differently. */
  page(search?: Record<string, string>, path?: string): string
  between: Between
  close(): Promise<void>
}

export interface SiteOptions {
  readonly auth?: AuthOptions
  /** Served to pages in addition: by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Origins of pages are on the issuer's list unless said otherwise. */
  readonly cors?: boolean
  /** The name of this machine in all addresses; passkeys want one that is no IP address. */
  readonly host?: string
}

export async function openSite({
  auth: options = {},
  files = {},
  cors = true,
  host = '127.0.0.1',
}: SiteOptions = {}): Promise<Site> {
  const script = await bundlePage()
  const pages = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    const file = path === '/page.js' ? script : files[path]
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
    response
      .writeHead(file === undefined && !['/', '/callback'].includes(path) ? 404 : 200, {
        'content-type': type,
      })
      .end(
        file ??
          '<!doctype html><title>App</title><link rel=icon href=data:,><script type=module src=/page.js></script>',
      )
  })
  const origin = await listen(pages, host)
  const server = createServer()
  const issuer = await listen(server, host)
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer,
    rateLimits: 'off',
    ...(cors && { corsOrigins: [origin] }),
    ...options,
  }) as unknown as Auth
  await auth.ready()
  const listener = nodeListener(auth)
  const site: Site = {
    auth,
    issuer,
    page: (search = {}, path = '/') => `${origin}${path}?${new URLSearchParams({ issuer, ...search })}`,
    between: (_request, _response, go) => go(),
    async close() {
      await Promise.all([pages, server].map(closeServer))
      await auth.close()
    },
  }
  server.on('request', (request, response) => {
    site.between(request, response, () => listener(request, response))
  })
  return site
}

export async function bundlePage(entry = new URL('./page.ts', import.meta.url)): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

export async function listen(server: Server, host = '127.0.0.1'): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://${host}:${(server.address() as AddressInfo).port}`
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
