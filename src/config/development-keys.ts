import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Random, randomId } from '../base/random.ts'
import { ConfigError } from './config-error.ts'
import { reasonOf } from './failure.ts'
import type { Mode } from './mode.ts'
import type { Secret } from './secret.ts'
import { newSecretKey, parseSecretKeys } from './secret-key.ts'
import type { Settings } from './settings.ts'
import { codeOf, isOpenToAll } from './text-file.ts'

/** The folder that everything of a development start is kept in. */
export const DATA_FOLDER = './data'

/**
 * The keys to work with: those that are configured, or in development those of the data folder. Nothing but the first
 * start in development makes a file.
 */
export function keysFor(
  settings: Pick<Settings, 'secretKey'>,
  mode: Mode,
  random: Random,
  folder = DATA_FOLDER,
): readonly Secret[] {
  if (settings.secretKey.length > 0 || mode === 'production') return settings.secretKey
  return developmentKeys(folder, random).keys
}

/** The keys of development, and whether this start made them: then the console says so. */
export interface DevelopmentKeys {
  readonly keys: readonly Secret[]
  readonly path: string
  readonly made: boolean
}

/**
 * The keys that development uses where no SECRET_KEY is given: those in the file `secret-key` of the data folder, made
 * there by the first start and readable by its user only. Of two processes that start at once one makes it and both use
 * it. Synchronous, as `createAuth` is. Not for production. Throws a ConfigError where the file cannot be used.
 */
export function developmentKeys(folder: string, random: Random): DevelopmentKeys {
  const path = join(folder, 'secret-key')
  try {
    const text = read(path)
    const made = text === undefined && make(path, folder, random)
    const { keys, problems } = parseSecretKeys((text ?? read(path) ?? '').replace(/\r?\n$/, ''))
    if (problems.length > 0) throw new Error(`${problems.join(', ')}: delete the file, and a new key is made`)
    return { keys, path, made }
  } catch (error) {
    const code = codeOf(error)
    const message = code === undefined ? reasonOf(error) : `cannot be read or made: ${code}`
    throw new ConfigError([{ setting: 'secretKey', message, from: `file ${path}` }])
  }
}

/** The content of the file, undefined where there is none. Who may read it is seen on the open file, not by its name. */
function read(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    if (isOpenToAll(fstatSync(file).mode))
      throw new Error('can be read or changed by everybody: set its mode to 0600')
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Makes the file; false where somebody else was first. Its name appears with its whole content or not at all. */
function make(path: string, folder: string, random: Random): boolean {
  const isNewFolder = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined
  if (isNewFolder) writeFileSync(join(folder, '.gitignore'), '*\n')
  const draft = `${path}.${randomId(random)}`
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(file, `${newSecretKey(random)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    linkSync(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
