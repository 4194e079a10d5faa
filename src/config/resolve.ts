import { disagreements, type Surroundings, surroundingsOf } from './agreement.ts'
import { CODE_OPTIONS, isCodeOption } from './code-options.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { type Mode, modeOf } from './mode.ts'
import { nearestName } from './nearest-name.ts'
import { problemsOfValue } from './problems-of-value.ts'
import { type Basis, Derived } from './setting.ts'
import { entryOf, isSettingName, SETTING_NAMES, type SettingName, type Settings } from './settings.ts'

/** A value as somebody gave it, and where. */
export interface Given {
  readonly value: unknown
  /** Such as `environment HOST`, `.env line 3`, `countersign.config.ts`. */
  readonly from: string
}

/** The effective settings. */
export interface Configuration {
  readonly settings: Settings
  readonly mode: Mode
  /** Where each value came from, such as `environment HOST` or `default`. */
  readonly origins: Readonly<Record<SettingName, string>>
}

export interface Resolved extends Configuration {
  /** Unless it is empty the settings are not to be used: what was refused has its default there. */
  readonly problems: readonly ConfigProblem[]
}

/** The origin of a setting that nobody gave. */
const BY_DEFAULT = 'default'

/** Checks everything given, puts the defaults in place and lists every problem at once. Pure. */
export function resolveSettings(given: ReadonlyMap<string, Given>, surroundings: Surroundings): Resolved {
  const originOf = (name: string): string => given.get(name)?.from ?? BY_DEFAULT
  const { settings, mode, problems } = settleAll(given, surroundings)
  for (const [name, { from }] of given) {
    if (!isSettingName(name)) problems.push({ setting: name, message: unknownOption(name), from })
  }
  const refused = new Set(problems.map(({ setting }) => setting.split('.')[0]))
  const found = disagreements(settings, mode, surroundings, (name) => given.has(name))
  for (const { setting, message, from = originOf(setting) } of found) {
    if (!refused.has(setting)) problems.push({ setting, message, from })
  }
  const origins = Object.fromEntries(SETTING_NAMES.map((name) => [name, originOf(name)]))
  return { settings, mode, origins: origins as Record<SettingName, string>, problems }
}

/**
 * Checks options given in code. Options that are code themselves are left to the caller, and the keys of development are
 * made later (see `keysFor`). Throws a ConfigError that lists every problem.
 */
export function checkOptions(
  options: object,
  surroundings: Surroundings = surroundingsOf(process.env),
): Configuration {
  const given = new Map<string, Given>()
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !isCodeOption(name)) given.set(name, { value, from: 'options' })
  }
  const { problems, ...configuration } = resolveSettings(given, { ...surroundings, isCode: true })
  if (problems.length > 0) throw new ConfigError(problems)
  return configuration
}

interface Settled {
  readonly settings: Settings
  readonly mode: Mode
  readonly problems: ConfigProblem[]
}

/** What defaults are derived from while nothing is settled yet. Only settings without a derived default see it. */
const NOTHING: Basis = {
  mode: 'production',
  host: '',
  port: 0,
  scheme: 'http',
  issuer: '',
  refreshTokenExpireDays: 0,
}

/** Each setting by itself, those first that the defaults of others depend on. */
function settleAll(given: ReadonlyMap<string, Given>, { nodeEnv, servesTls }: Surroundings): Settled {
  const problems: ConfigProblem[] = []
  const settled: Partial<Record<SettingName, unknown>> = {}

  const settle = <Name extends SettingName>(name: Name, basis: Basis): Settings[Name] => {
    const entry = entryOf(name)
    const asGiven = given.get(name)
    const judged = asGiven && entry.kind.schema.safeParse(asGiven.value)
    if (asGiven && judged?.error) problems.push(...problemsOfValue(name, entry, asGiven, judged.error))
    const fallback = (): unknown =>
      entry.default instanceof Derived ? entry.default.from(basis) : entry.default
    settled[name] = judged?.success ? judged.data : fallback()
    return settled[name] as Settings[Name]
  }

  const host = settle('host', NOTHING)
  const port = settle('port', NOTHING)
  const scheme = servesTls ? 'https' : 'http'
  const issuer = settle('issuer', { ...NOTHING, scheme, host, port })
  const refreshTokenExpireDays = settle('refreshTokenExpireDays', NOTHING)
  const mode = modeOf(host, issuer, nodeEnv)
  const basis = { mode, scheme, host, port, issuer, refreshTokenExpireDays } as const
  for (const name of SETTING_NAMES) if (!Object.hasOwn(settled, name)) settle(name, basis)
  return { settings: Object.freeze(settled) as Settings, mode, problems }
}

function unknownOption(name: string): string {
  const known = [...SETTING_NAMES, ...CODE_OPTIONS]
  const [begun, ...others] = known.filter((one) => name.length > 3 && one.startsWith(name))
  const nearest = nearestName(name, known, 4) ?? (others.length === 0 ? begun : undefined)
  return nearest === undefined ? 'is not a setting' : `is not a setting; \`${nearest}\` is`
}
