import { lstatSync } from 'node:fs'
import module from 'node:module'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { makeFolder } from '../base/make-folder.ts'

/**
 * Lets Node keep what it compiles of us, which takes a sixth off each later start. What lies in that folder is run: so it is
 * one that nobody else can write to, or none. Where it cannot be had, everything is compiled each time. Whoever sets
 * `NODE_COMPILE_CACHE` or `NODE_DISABLE_COMPILE_CACHE` has said so to Node itself.
 */
export function keepCompiled(findFolder: () => string = cacheFolder): void {
  try {
    const folder = findFolder()
    const parent = dirname(folder)
    makeFolder(parent, 0o700)
    // In somebody else's nothing is left behind: a folder of root would keep them from having one.
    if (!isOursAlone(parent)) return
    makeFolder(folder, 0o700)
    // A Node that is too old to have it gets as far as being told so.
    if (isOursAlone(folder)) module.enableCompileCache?.(folder)
  } catch {
    // A user without a home, a file system that is read-only.
  }
}

/** Of whoever this process runs as, and not of whoever started it: `HOME` may be somebody else's. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME: own = '' } = process.env
  return join(isAbsolute(own) ? own : join(userInfo().homedir, '.cache'), 'countersign')
}

const WRITABLE_BY_OTHERS = 0o022

/** Also false for a link. On Windows a profile is its owner's already. */
function isOursAlone(folder: string): boolean {
  const stat = lstatSync(folder)
  const owner = process.getuid?.()
  if (!stat.isDirectory()) return false
  return owner === undefined || (stat.uid === owner && (stat.mode & WRITABLE_BY_OTHERS) === 0)
}
