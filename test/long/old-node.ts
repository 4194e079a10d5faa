import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { newEnough } from '../../scripts/setup/node.mjs'

const LIMIT_MILLISECONDS = 60_000

/** The first folder of the PATH whose Node is too old for the project, if there is one. */
export function findOldNode(): string | undefined {
  return (process.env.PATH ?? '').split(delimiter).find((folder) => {
    const node = join(folder, 'node')
    if (!existsSync(node)) return false
    const version = execFileSync(node, ['-p', 'process.versions.node'], {
      encoding: 'utf8',
      timeout: LIMIT_MILLISECONDS,
    })
    return !newEnough(version.trim())
  })
}

/** The PATH with this folder first. */
export function pathFrom(folder: string): string {
  return `${folder}${delimiter}${process.env.PATH ?? ''}`
}
