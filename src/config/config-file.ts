import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isCodeOption } from './code-options.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { reasonInFile } from './failure.ts'
import type { Offer, Offers, SecretFunction } from './offer.ts'
import { holdsSecret } from './open-secret.ts'
import { entryOf, isSettingName } from './settings.ts'
import { LIMIT_SECONDS, withinTime } from './time-limit.ts'

const named = (endings: readonly string[]) => endings.map((ending) => `countersign.config.${ending}`)
const NAMES = named(['ts', 'mts', 'js', 'mjs'])
/** What somebody may believe to be read. */
const NOT_READ = named(['cts', 'cjs', 'json'])

/** What the configuration file holds. */
export interface ConfigFile {
  readonly offers: Offers
  /** The options that are code, untouched. */
  readonly code: Readonly<Record<string, unknown>>
  readonly problems: readonly ConfigProblem[]
}

/** Imports `countersign.config.ts` of a folder; empty where there is none. Throws a ConfigError where that fails. */
export async function readConfigFile(folder: string, limitSeconds = LIMIT_SECONDS): Promise<ConfigFile> {
  const [ignored] = await present(NOT_READ, folder)
  if (ignored !== undefined) throw failed(ignored, 'is not read: make it countersign.config.ts')
  const [name, other] = await configFilesIn(folder)
  if (name === undefined) return NO_FILE
  if (other !== undefined) throw failed(name, `is there twice, also as ${other}: keep one`)
  const path = join(folder, name)
  const load = (): Promise<unknown> => import(pathToFileURL(path).href)
  const module = await withinTime(load, limitSeconds).catch((error: unknown) => {
    throw failed(
      name,
      `cannot be loaded: ${reasonInFile(error, path)}${isReadAsCommonJs(error) ? AS_MODULE : ''}`,
    )
  })
  const options = isRecord(module) ? module.default : undefined
  if (!isRecord(options) || Array.isArray(options)) {
    throw failed(name, 'must export its options by default: `export default defineConfig({ … })`')
  }
  return readOptions(options, name)
}

/** The names of the configuration files that are there. One too many stops the start. */
export function configFilesIn(folder: string): Promise<string[]> {
  return present(NAMES, folder)
}

const AS_MODULE = '; package.json makes it CommonJS: call it countersign.config.mts'

function isReadAsCommonJs(error: unknown): boolean {
  return (
    error instanceof SyntaxError &&
    /^(Unexpected token 'export'|Cannot use import statement)/.test(error.message)
  )
}

function readOptions(options: Readonly<Record<string, unknown>>, from: string): ConfigFile {
  const offers = new Map<string, Offer>()
  const code: Record<string, unknown> = {}
  const problems: ConfigProblem[] = []
  for (const [setting, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (isCodeOption(setting)) code[setting] = value
    else if (isSettingName(setting) && entryOf(setting).secret && isSecretFunction(value)) {
      offers.set(setting, { from, fetch: value })
    } else {
      if (holdsSecret(setting, value)) problems.push({ setting, message: OPEN_SECRET, from })
      offers.set(setting, { from, value })
    }
  }
  return { offers, code, problems }
}

const OPEN_SECRET =
  'stands in the file as text, where it would be committed and copied: take it from the environment, from a file, or ' +
  'from a function, `async ({ env }) => …`'

function isSecretFunction(value: unknown): value is SecretFunction {
  return typeof value === 'function'
}

function failed(name: string, message: string): ConfigError {
  return new ConfigError([{ setting: name, message, from: 'file' }])
}

const NO_FILE: ConfigFile = { offers: new Map(), code: {}, problems: [] }

async function present(names: readonly string[], folder: string): Promise<string[]> {
  const here = await Promise.all(names.map((name) => exists(join(folder, name))))
  return names.filter((_, index) => here[index])
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
