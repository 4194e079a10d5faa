import { readFileSync } from 'node:fs'
import { NoVerdict } from './no-verdict.ts'

/**
 * The text of a file that somebody named. Where there is none, what was given is repeated only if it cannot be a
 * credential: tokens are pasted in the place of their file, and a terminal's output is kept and shown around.
 */
export function readNamedFile(given: string): string {
  try {
    return readFileSync(given, 'utf8')
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException
    if (isPlainName(given)) throw new NoVerdict(`${given} cannot be read (${code}).`)
    throw new NoVerdict(
      `What was given is no file that can be read (${code}). If it is the credential itself, let it end: shells remember ` +
        'what they are told, and programs see it. Then write the next one to a file, or pipe it in.',
    )
  }
}

/** Whether it is too short, and too much of a name, to be a token, a key or a secret. */
export function isPlainName(text: string): boolean {
  return text.length <= 120 && /^[\w./\\:~@ +-]+$/.test(text) && !/eyJ|cs_|[\w+/-]{32}/.test(text)
}
