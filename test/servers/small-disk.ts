import { execFileSync } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './private-server.ts'

/** A file system in memory that a test can fill to the last byte. */
export interface SmallDisk {
  readonly path: string
  /** Leaves no room for a byte more. */
  fill(): void
  /** Takes away what `fill` wrote. */
  free(): void
  unmount(): void
}

const BLOCK = Buffer.alloc(64 * 1024)

/**
 * Below a folder, as `disk`: whoever watches over the folder unmounts it when this process dies. Throws without the
 * right to.
 */
export function mountSmallDisk(folder: string, megabytes: number, account?: Account): SmallDisk {
  const path = join(folder, 'disk')
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'countersign-test', path], {
    stdio: 'pipe',
  })
  if (account !== undefined) chownSync(path, account.uid, account.gid)
  const filler = join(path, 'filler')
  return {
    path,
    fill() {
      const file = openSync(filler, 'a')
      try {
        // A block that does not fit whole is written in part, down to nothing.
        for (let size = BLOCK.length; size >= 1; ) {
          try {
            writeSync(file, BLOCK, 0, size)
          } catch (error) {
            if (!isFull(error)) throw error
            size = Math.floor(size / 2)
          }
        }
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => void execFileSync('umount', ['-l', path], { stdio: 'pipe' }),
  }
}

/** Whether this process may mount at all. */
export function canMount(folder: string): boolean {
  try {
    mountSmallDisk(folder, 1).unmount()
    return true
  } catch {
    return false
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC'
}
