import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder, and those above it that are missing, with this mode; whether there was anything to make. Another
 * process may make it at the same time.
 *
 * One level at a time: `recursive` of Node never comes to an end where the kernel says ENOENT of a folder whose parent
 * is there, as it does in /proc.
 */
export function makeFolder(path: string, mode: number): boolean {
  const missing: string[] = []
  for (let at = resolve(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at)
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  return missing.length > 0
}
