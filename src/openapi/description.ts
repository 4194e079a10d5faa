import { ownVersion } from '../base/own-version.ts'
import { type DocumentOptions, openApiDocument } from './document.ts'
import { type Served, servedText } from './served.ts'

/** The API description as it is sent: built once, as nothing in it changes while the process runs. */
export function describeApi(options: Omit<DocumentOptions, 'version'>): Served {
  return servedText(
    'application/json',
    JSON.stringify(openApiDocument({ ...options, version: ownVersion() })),
  )
}
