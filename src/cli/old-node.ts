import { readFileSync } from 'node:fs'

/**
 * Why nothing works where Node is older than the package asks for, which npm only warns of; otherwise undefined. Asked
 * when something has failed.
 */
export function oldNode(version = process.versions.node): string | undefined {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const oldest = String(engines.node).replace('>=', '')
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return `Countersign needs Node ${oldest} or newer, and this is ${version}.`
}
