/**
 * What went wrong in code that is not ours, as one line that may be shown: the first line of its message, cut, without
 * the passwords of URLs (Node repeats the URL it was given). With a path: and the line of that file, where it is told.
 */
export function reasonOf(error: unknown, path?: string): string {
  if (!(error instanceof Error)) return 'it threw something that is not an Error'
  const after = path === undefined ? undefined : error.stack?.split(path)[1]
  const line = /^:(\d+)/.exec(after ?? '')?.[1]
  const [message = ''] = error.message.split('\n')
  const shown = message.replaceAll(/\/\/[^\s/@]*@/g, '//***@').slice(0, 300)
  return line === undefined ? shown : `line ${line}: ${shown}`
}
