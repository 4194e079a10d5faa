import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  readonly file: string
  readonly line: number
  /** The words behind the fence: the language and marks of ours. */
  readonly words: readonly string[]
  readonly code: string
}

/** Every fenced block of the pages that people read. */
export function codeBlocks(): CodeBlock[] {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ]
  return pages.flatMap((file) => blocksOf(file, readFileSync(join(root, file), 'utf8')))
}

function blocksOf(file: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  for (const match of text.matchAll(/^```(\S[^\n]*)\n(.*?)^```$/gms)) {
    const [, words = '', code = ''] = match
    const line = text.slice(0, match.index).split('\n').length
    blocks.push({ file, line, words: words.split(' '), code })
  }
  return blocks
}
