import { readFileSync } from 'node:fs'
import { type OutputOptions, print, printJson } from './output.ts'

/** Of the package that this file belongs to. */
export function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}

export function versionCommand({ json }: OutputOptions): void {
  const version = ownVersion()
  if (json) printJson({ version, node: process.versions.node })
  else print(version)
}
