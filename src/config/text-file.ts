import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Larger than any configuration file is. */
const MOST_BYTES = 65_536

export interface TextFile {
  readonly text: string
  /** Everybody on the machine can read or change it. Always false on Windows, whose files say nothing by their mode. */
  readonly isOpenToAll: boolean
}

/**
 * Reads a small file, and who else may read it as of the same moment; undefined where there is none. Throws an Error
 * with a plain sentence where it cannot be read. Never waits: a pipe or a device is refused.
 */
export async function readTextFile(path: string): Promise<TextFile | undefined> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
      throw new Error(`cannot be read: ${codeOf(error) ?? 'unknown error'}`)
    },
  )
  if (handle === undefined) return undefined
  try {
    const status = await handle.stat()
    if (!status.isFile()) throw new Error('is not a file')
    if (status.size > MOST_BYTES) throw new Error(`is larger than ${MOST_BYTES} bytes`)
    const bytes = Buffer.alloc(MOST_BYTES)
    const { bytesRead } = await handle.read(bytes, 0, MOST_BYTES, 0)
    return { text: bytes.toString('utf8', 0, bytesRead), isOpenToAll: isOpenToAll(status.mode) }
  } finally {
    await handle.close()
  }
}

/** Whether a file's mode lets everybody read or change it. */
export function isOpenToAll(mode: number, platform: NodeJS.Platform = process.platform): boolean {
  return platform !== 'win32' && (mode & 0o006) !== 0
}

/** The code of a system error, such as ENOENT; undefined for other errors. Its message would repeat the path. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
