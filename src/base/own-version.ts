import { readFileSync } from 'node:fs'

/** The version of this package. Its description lies two folders above this file, built or not. */
export function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
