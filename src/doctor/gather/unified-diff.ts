const CONTEXT = 3

/**
 * A unified diff of one file, as `git apply` and `patch -p1` take it. `edits` names lines, counted from 0, by what stands
 * there afterwards: several lines where something is added, so that an edit of line 0 may put a line before it.
 */
export function unifiedDiff(
  file: string,
  text: string,
  edits: ReadonlyMap<number, readonly string[]>,
): string {
  const isEnded = text.endsWith('\n')
  const before = text.split('\n').slice(0, isEnded ? -1 : undefined)
  const changed = [...edits.keys()].sort((a, b) => a - b)
  const hunks: { from: number; to: number }[] = []
  for (const line of changed) {
    const from = Math.max(0, line - CONTEXT)
    const to = Math.min(before.length, line + CONTEXT + 1)
    const last = hunks.at(-1)
    if (last !== undefined && from <= last.to) last.to = to
    else hunks.push({ from, to })
  }
  let grown = 0
  const parts = hunks.flatMap(({ from, to }) => {
    const lines: string[] = []
    let added = 0
    for (let index = from; index < to; index++) {
      const old = before[index] ?? ''
      const now = edits.get(index)
      if (now === undefined) {
        lines.push(` ${old}`)
        continue
      }
      added += now.length - 1
      const kept = now.indexOf(old)
      if (kept === -1) lines.push(`-${old}`)
      for (const [at, text] of now.entries()) lines.push(`${at === kept ? ' ' : '+'}${text}`)
    }
    const head = `@@ -${from + 1},${to - from} +${from + 1 + grown},${to - from + added} @@`
    grown += added
    if (!isEnded && to === before.length) lines.push(...withoutEnd(lines.splice(-2)))
    return [head, ...lines]
  })
  return [`--- a/${file}`, `+++ b/${file}`, ...parts].join('\n')
}

/** What stands last in a file that does not end its last line. */
const NO_NEWLINE = '\\ No newline at end of file'

function withoutEnd(last: readonly string[]): string[] {
  const isReplaced = last[0]?.startsWith('-') && last[1]?.startsWith('+')
  return isReplaced ? last.flatMap((line) => [line, NO_NEWLINE]) : [...last, NO_NEWLINE]
}
