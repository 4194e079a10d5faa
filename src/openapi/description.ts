import { createRequire } from 'node:module'
import { z } from 'zod'
import { type DocumentOptions, openApiDocument } from './document.ts'
import { type Served, servedText } from './served.ts'

/** The API description as it is sent: built once, as nothing in it changes while the process runs. */
export function describeApi(options: Omit<DocumentOptions, 'version'>): Served {
  return servedText(
    'application/json',
    JSON.stringify(openApiDocument({ ...options, version: ownVersion() })),
  )
}

/** That of this package; its description lies two folders above this file, built or not. */
function ownVersion(): string {
  const described: unknown = createRequire(import.meta.url)('../../package.json')
  return z.object({ version: z.string() }).parse(described).version
}
