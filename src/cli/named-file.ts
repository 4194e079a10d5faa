import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { NoVerdict } from './no-verdict.ts'

/** The largest that is looked at: a HAR file of a long visit has some tens of MiB. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/**
 * The text of a file that somebody named. Where there is none, what was given is repeated only if it cannot be a
 * credential: tokens are pasted in the place of their file, and a terminal's output is kept and shown around.
 */
export function readNamedFile(given: string): string {
  return readNamedBytes(given).toString('utf8')
}

/** The same as bytes, which may be text in another encoding. */
export function readNamedBytes(given: string): Buffer {
  try {
    return readBounded(given)
  } catch (error) {
    if (error instanceof NoVerdict) throw error
    const { code = 'no reason given' } = error as NodeJS.ErrnoException
    if (isPlainName(given) || isInFolder(given)) throw new NoVerdict(`${given} cannot be read (${code}).`)
    throw new NoVerdict(
      `What was given is no file that can be read (${code}). If it is the credential itself, let it end: shells remember ` +
        'what they are told, and programs see it. Then write the next one to a file, or pipe it in.',
    )
  }
}

/** What is called a file may have no end, as devices and pipes have none. */
function readBounded(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const chunks: Buffer[] = []
    let size = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const count = readSync(file, chunk, 0, CHUNK_BYTES, null)
      if (count === 0) return Buffer.concat(chunks)
      size += count
      if (size > LARGEST_FILE_BYTES) throw tooLarge()
      chunks.push(chunk.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}

/** Standard input, to the same limit. */
export async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_FILE_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(): NoVerdict {
  return new NoVerdict(`More than ${LARGEST_FILE_BYTES / 1024 / 1024} MiB are not read.`)
}

/** A long path is none the less a path where the folder is there that it names. */
function isInFolder(text: string): boolean {
  const folder = dirname(text)
  return folder !== '.' && existsSync(folder) && isPlainName(basename(text))
}

/** Whether it is too short, and too much of a name, to be a token, a key or a secret. */
export function isPlainName(text: string): boolean {
  return text.length <= 120 && /^[\w./\\:~@ +-]+$/.test(text) && !/eyJ|cs_|[\w+/-]{32}/.test(text)
}
