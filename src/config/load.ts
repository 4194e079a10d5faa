import { surroundingsOf } from './agreement.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { readConfigFile } from './config-file.ts'
import { type DotEnv, readDotEnv } from './dot-env.ts'
import { readVariables, strayVariables, type Variables } from './environment.ts'
import { obtain } from './obtain.ts'
import { holdsSecret } from './open-secret.ts'
import { type Configuration, type Given, resolveSettings } from './resolve.ts'
import { LIMIT_SECONDS } from './time-limit.ts'

export interface LoadPlace {
  /** The folder of `.env` and `countersign.config.ts`. */
  readonly cwd: string
  readonly env: Variables
  /** See `Surroundings`. */
  readonly servesTls?: boolean
  /** See `Surroundings`. */
  readonly isKeyless?: boolean
  /** How long the file and each of its functions may take. */
  readonly limitSeconds?: number
}

export interface LoadedConfiguration extends Configuration {
  /** What was given, as `createAuth` takes it: the values, secrets in the clear, and the options that are code. */
  readonly options: Readonly<Record<string, unknown>>
  /** What is odd and stops nothing; for the console. */
  readonly warnings: readonly string[]
}

/**
 * Loads the configuration of a process: environment before `.env` before `countersign.config.ts` before defaults. Files
 * and functions are asked only for the secrets that no stronger source gives. It makes nothing, neither the key of
 * development (see `keysFor`) nor a folder. Throws a ConfigError that lists every problem.
 */
export async function loadConfig({
  cwd,
  env,
  servesTls = false,
  isKeyless = false,
  limitSeconds = LIMIT_SECONDS,
}: LoadPlace): Promise<LoadedConfiguration> {
  const dotEnv = readDotEnv(cwd)
  const file = await readConfigFile(cwd, limitSeconds)
  const everything = { ...dotEnv.variables, ...env }
  const fromEnv = readVariables(env, (variable) => `environment ${variable}`)
  const fromDotEnv = readVariables(dotEnv.variables, dotEnv.originOf)
  const offers = new Map([...file.offers, ...fromDotEnv.offers, ...fromEnv.offers])
  const obtained = await obtain(offers, { cwd, env: everything, limitSeconds })

  const { problems: found, ...configuration } = resolveSettings(obtained.given, {
    ...surroundingsOf(env),
    servesTls,
    isKeyless,
  })

  const isGiven = (variable: string): boolean => everything[variable] !== undefined
  const early = [...fromEnv.problems, ...fromDotEnv.problems, ...file.problems, ...obtained.problems]
  // A value that could not be had was reported; that its setting is now absent is no second problem.
  const told = new Set(early.map(({ setting }) => setting))
  const problems = [
    ...early,
    ...found.filter(({ setting }) => !told.has(setting.split('.')[0] ?? '')),
    ...problemsOfDotEnv(dotEnv, env, isGiven),
    ...(configuration.mode === 'production' ? problemsOfOpenDotEnv(dotEnv, obtained.given) : []),
  ]
  if (problems.length > 0) {
    const { host, port } = configuration.settings
    const isKnown = !problems.some(({ setting }) => setting === 'host' || setting === 'port')
    throw new ConfigError(problems, isKnown ? { host, port } : undefined)
  }

  const values = [...obtained.given].map(([name, { value }]) => [name, value] as const)
  return {
    ...configuration,
    options: { ...file.code, ...Object.fromEntries(values) },
    warnings: strayVariables(env, isGiven).map(
      ({ variable, message }) => `${variable} ${message} (environment)`,
    ),
  }
}

function problemsOfDotEnv(
  dotEnv: DotEnv,
  env: Variables,
  isGiven: (variable: string) => boolean,
): ConfigProblem[] {
  const problems = strayVariables(dotEnv.variables, isGiven)
  if (dotEnv.variables.NODE_ENV === 'production' && env.NODE_ENV !== 'production') {
    const message = 'must be set in the environment: Node and its libraries have started before .env is read'
    problems.push({ variable: 'NODE_ENV', message })
  }
  return problems.map(({ variable, message }) => ({
    setting: variable,
    message,
    from: dotEnv.originOf(variable),
  }))
}

function problemsOfOpenDotEnv(dotEnv: DotEnv, given: ReadonlyMap<string, Given>): ConfigProblem[] {
  const holdsSecrets = [...given].some(
    ([name, { value, from }]) => from.startsWith('.env') && holdsSecret(name, value),
  )
  if (!dotEnv.isOpenToAll || !holdsSecrets) return []
  const message = 'holds secrets, and everybody on this machine can read or change it: set its mode to 0600'
  return [{ setting: '.env', message, from: 'file' }]
}
