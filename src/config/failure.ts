import { codeOf } from './text-file.ts'

/**
 * What went wrong in code that is not ours, as one line that may be shown: the first line of its message, cut, without
 * the passwords of URLs (Node repeats the URL it was given).
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it threw something that is not an Error'
  const [line = ''] = error.message.split('\n')
  return line.replaceAll(/\/\/[^\s/@]*@/g, '//***@').slice(0, 300)
}

/** Why a file could not be read or made. */
export function whyUnusable(error: unknown): string {
  const code = codeOf(error)
  return code === undefined ? reasonOf(error) : `cannot be used: ${code}`
}

/** The same for code in a file, with the place where it went wrong. Node does not tell that of JavaScript it cannot parse. */
export function reasonInFile(error: unknown, path: string): string {
  const reason = reasonOf(error)
  const after = error instanceof Error ? (error.stack?.split(path)[1] ?? '') : ''
  const line = /^:(\d+)/.exec(after)?.[1]
  if (line !== undefined) return `line ${line}: ${reason}`
  return error instanceof SyntaxError ? `${reason}; \`node --check\` shows where` : reason
}
