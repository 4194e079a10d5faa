/** A name in a line or a table of Markdown (CommonMark section 6.1), whatever characters it holds. */
export function code(name: string): string {
  const longest = Math.max(0, ...[...name.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const space = longest > 0 ? ' ' : ''
  return fence + space + name + space + fence
}

/** Plain text, none of it taken for markup. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#|~&]/g, '\\$&')
}

/** A table; its cells are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`)
    .join('\n')
}
