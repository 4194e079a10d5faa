import { readFileSync } from 'node:fs'
import { type OutputOptions, print, printJson } from './output.ts'

export function versionCommand({ json }: OutputOptions): void {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (json) printJson({ version, node: process.versions.node })
  else print(version)
}
