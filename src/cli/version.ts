import { ownVersion } from '../base/own-version.ts'
import { type OutputOptions, print, printJson } from './output.ts'

export function versionCommand({ json }: OutputOptions): void {
  const version = ownVersion()
  if (json) printJson({ version, node: process.versions.node })
  else print(version)
}
