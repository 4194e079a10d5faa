import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Larger than any configuration file is. */
const MOST_BYTES = 65_536

export interface TextFile {
  readonly text: string
  /** Everybody on the machine can read or change it. Always false on Windows, whose modes say nothing. */
  readonly isOpenToAll: boolean
}

/**
 * Reads a small file, and who else may read it as of the same moment; undefined where there is none. Synchronous, for
 * the start. Never waits: a pipe or a device is refused. Throws a system error, or an Error with a plain sentence.
 */
export function readTextFile(path: string): TextFile | undefined {
  const file = openIfThere(path)
  if (file === undefined) return undefined
  try {
    const status = fstatSync(file)
    if (!status.isFile()) throw new Error('is not a file')
    if (status.size > MOST_BYTES) throw new Error(`is larger than ${MOST_BYTES} bytes`)
    const isOpenToAll = process.platform !== 'win32' && (status.mode & 0o006) !== 0
    // Programs on Windows begin a text with a mark of its byte order, which is no part of it (RFC 3629 section 6).
    return { text: readFileSync(file, 'utf8').replace(/^\ufeff/, ''), isOpenToAll }
  } finally {
    closeSync(file)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The code of a system error, such as ENOENT; undefined for other errors. Its message would repeat the path. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
