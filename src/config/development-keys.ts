import { constants, copyFileSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../base/make-folder.ts'
import { type Random, randomId } from '../base/random.ts'
import { ConfigError } from './config-error.ts'
import { whyUnusable } from './failure.ts'
import type { Mode } from './mode.ts'
import type { Secret } from './secret.ts'
import { newSecretKey, parseSecretKeys } from './secret-key.ts'
import type { Settings } from './settings.ts'
import { codeOf, readTextFile } from './text-file.ts'

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
    const found = readTextFile(path)
    if (found?.isOpenToAll && keepsModes(path, random)) throw new Error(OPEN_TO_ALL)
    const made = found === undefined && make(path, folder, random)
    const text = (found ?? readTextFile(path))?.text ?? ''
    const { keys, problems } = parseSecretKeys(text.replace(/\r?\n$/, ''))
    if (problems.length > 0) throw new Error(`${problems.join(', ')}: delete the file, and a new key is made`)
    return { keys, path, made }
  } catch (error) {
    const remedy = `: let this user write to ${folder}, or set SECRET_KEY and DATABASE_URL`
    const message = whyUnusable(error) + (codeOf(error) === undefined ? '' : remedy)
    throw new ConfigError([{ setting: 'secretKey', message, from: `file ${path}` }])
  }
}

const OPEN_TO_ALL = 'can be read or changed by everybody on this machine: set its mode to 0600'

/** Makes the file; false where somebody else was first. Its name appears with its whole content or not at all. */
function make(path: string, folder: string, random: Random): boolean {
  const isNewFolder = makeFolder(folder, 0o700)
  if (isNewFolder) writeFileSync(join(folder, '.gitignore'), '*\n')
  try {
    withDraft(path, random, (draft) => {
      writeFileSync(draft, `${newSecretKey(random)}\n`, { flag: 'wx', mode: 0o600, flush: true })
      giveName(draft, path)
    })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** A link never replaces a file. A copy neither, but others may see it half written; some file systems know no links. */
function giveName(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!WITHOUT_LINKS.has(codeOf(error) ?? '')) throw error
    copyFileSync(draft, path, constants.COPYFILE_EXCL)
  }
}

const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Whether files here keep the mode they are made with. Those of other systems, mounted here, do not; nothing helps. */
function keepsModes(path: string, random: Random): boolean {
  return withDraft(path, random, (draft) => {
    writeFileSync(draft, '', { flag: 'wx', mode: 0o600 })
    return !readTextFile(draft)?.isOpenToAll
  })
}

function withDraft<Result>(path: string, random: Random, work: (draft: string) => Result): Result {
  const draft = `${path}.${randomId(random)}`
  try {
    return work(draft)
  } finally {
    rmSync(draft, { force: true })
  }
}
