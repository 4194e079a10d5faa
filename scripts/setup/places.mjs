import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this clone. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A path inside the clone. @param {string[]} parts */
export const inClone = (...parts) => join(root, ...parts)

/** The program this project is, once built. */
export const builtProgram = inClone('dist', 'cli', 'main.js')
