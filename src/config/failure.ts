import { codeOf } from './text-file.ts'

/**
 * What went wrong in code that is not ours, as one line that may be shown: the first line of its message, cut, without
 * the passwords of URLs, without what is long and random enough for a key, and without what stands in double quotes. There
 * Node repeats what it was given: a header that holds a token and a newline, the beginning of an answer that should have
 * been JSON and is the secret.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed with something that is not an Error'
  const [line = ''] = error.message.split('\n')
  return line
    .replaceAll(/"[^"]*("|$)/g, '"…"')
    .replaceAll(/\/\/\S*@/g, '//***@')
    .replaceAll(/[\w+=-]{40,}/g, '…')
    .slice(0, 300)
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
