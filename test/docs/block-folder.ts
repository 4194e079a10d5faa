import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeBlocks, root } from './code-blocks.ts'

export interface BlockFolder {
  readonly path: string
  remove(): void
}

/**
 * A folder in which code of a page runs as these files: beside the package as it was built for this run, and the
 * packages it is developed with.
 */
export function createBlockFolder(files: Readonly<Record<string, string>>): BlockFolder {
  const path = mkdtempSync(join(tmpdir(), 'countersign-block-'))
  const modules = join(path, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => !entry.startsWith('.'))) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  symlinkSync(root, join(modules, 'countersign'))
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n')
  for (const [name, code] of Object.entries(files)) writeFileSync(join(path, name), code)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The one block of a page that holds this text. */
export function blockWith(page: string, text: string): string {
  const found = codeBlocks().filter(({ file, code }) => file.endsWith(page) && code.includes(text))
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${page} hold ${text}`)
  return found[0]?.code ?? ''
}
