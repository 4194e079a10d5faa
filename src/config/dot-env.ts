import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'
import type { Variables } from './environment.ts'
import { whyUnusable } from './failure.ts'
import { readTextFile, type TextFile } from './text-file.ts'

/** A `.env` file as it was read. */
export interface DotEnv {
  readonly variables: Variables
  /** Everybody on the machine can read or change it. */
  readonly isOpenToAll: boolean
  /** How the origin of a variable is called. */
  readonly originOf: (variable: string) => string
}

/** Reads `.env` in a folder; without variables where there is none. Throws a ConfigError where it cannot be read. */
export function readDotEnv(folder: string): DotEnv {
  const file = readIn(folder)
  if (file === undefined) return { variables: {}, isOpenToAll: false, originOf: () => '.env' }
  return {
    variables: parseEnv(file.text),
    isOpenToAll: file.isOpenToAll,
    originOf: (variable) => `.env${lineOf(variable, file.text)}`,
  }
}

function readIn(folder: string): TextFile | undefined {
  try {
    return readTextFile(join(folder, '.env'))
  } catch (error) {
    throw new ConfigError([{ setting: '.env', message: whyUnusable(error), from: 'file' }])
  }
}

/** The last line that sets the variable: with two, that is the one that counts. */
function lineOf(variable: string, text: string): string {
  const index = text.split('\n').findLastIndex(
    (line) =>
      line
        .replace(/^\s*(export\s+)?/, '')
        .split('=')[0]
        ?.trim() === variable,
  )
  return index < 0 ? '' : ` line ${index + 1}`
}
