/** A line of a source file. */
export interface CallSite {
  /** An absolute path. */
  readonly file: string
  readonly line: number
}

/** `at name (file:line:column)`, `at file:line:column`, with or without `file://` and `async`. */
const FRAME = /^\s*at (?:async )?(?:.*\()?(file:\/\/\/.*?|\/.*?|[A-Za-z]:[\\/].*?):(\d+):\d+\)?$/

/**
 * The first line of a stack that the application wrote itself: outside of Node, of packages, and of the folder given,
 * which is the one that asks. Undefined where there is none, as in code that was made at run time.
 */
export function callSiteIn(stack: string, ownFolder: string): CallSite | undefined {
  for (const frame of stack.split('\n')) {
    const [, place = '', line = ''] = FRAME.exec(frame) ?? []
    const file = pathOf(place)
    if (file === undefined || file.startsWith(ownFolder) || /[\\/]node_modules[\\/]/.test(file)) continue
    return { file, line: Number(line) }
  }
  return undefined
}

function pathOf(place: string): string | undefined {
  if (place === '') return undefined
  if (!place.startsWith('file://')) return place
  try {
    const path = decodeURIComponent(new URL(place).pathname)
    // `/C:/` of Windows.
    return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path
  } catch {
    return undefined
  }
}
