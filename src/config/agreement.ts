import { hostOf, isLoopback, type Mode, whyProduction } from './mode.ts'
import type { SettingName, Settings } from './settings.ts'

/** What the process was started with beside its settings. */
export interface Surroundings {
  readonly nodeEnv: string | undefined
  /** NODE_TLS_REJECT_UNAUTHORIZED; `0` makes Node believe every certificate. */
  readonly tlsRejectUnauthorized: string | undefined
  /** The server itself answers https, by a certificate that it was started with. */
  readonly servesTls?: boolean | undefined
  /** It makes and reads nothing that a key is needed for: then none has to be there. */
  readonly isKeyless?: boolean | undefined
  /** The settings are options in code, which no environment is read for. */
  readonly isCode?: boolean | undefined
}

/** The surroundings as an environment tells them. */
export function surroundingsOf(environment: Readonly<Record<string, string | undefined>>): Surroundings {
  return {
    nodeEnv: environment.NODE_ENV,
    tlsRejectUnauthorized: environment.NODE_TLS_REJECT_UNAUTHORIZED,
  }
}

/** A problem; without `from` it lies where the setting was given. */
export interface Disagreement {
  readonly setting: string
  readonly message: string
  readonly from?: string
}

const FOR_POSTGRES = ['databaseListenUrl', 'databaseConnections', 'databasePreparedStatements'] as const

/** Whether the settings agree with one another and with the mode. Each value was found right by itself before. */
export function* disagreements(
  settings: Settings,
  mode: Mode,
  surroundings: Surroundings,
  isGiven: (name: SettingName) => boolean,
): Generator<Disagreement> {
  yield* inAddresses(settings, isGiven)
  if (surroundings.servesTls && !settings.issuer.startsWith('https:')) {
    yield { setting: 'issuer', message: `must use https, as this server does, and is ${settings.issuer}` }
  }
  yield* inPermissions(settings)
  if (settings.refreshIdleDays > settings.refreshTokenExpireDays) {
    const most = settings.refreshTokenExpireDays
    yield {
      setting: 'refreshIdleDays',
      message: `cannot be more than refreshTokenExpireDays, which is ${most}`,
    }
  }
  yield* inBrowserSessions(settings)
  if (settings.databaseUrl.reveal().startsWith('sqlite:')) {
    for (const setting of FOR_POSTGRES) {
      if (isGiven(setting)) yield { setting, message: 'is only for PostgreSQL, and databaseUrl names SQLite' }
    }
  }
  if (settings.jwtSecret !== undefined && settings.jwtAlgorithm !== 'HS256') {
    yield { setting: 'jwtSecret', message: `is only for HS256, and jwtAlgorithm is ${settings.jwtAlgorithm}` }
  }
  const secrets = new Set(settings.secretKey.map((secret) => secret.reveal()))
  if (settings.jwtSecret?.some((secret) => secrets.has(secret.reveal()))) {
    yield { setting: 'jwtSecret', message: 'holds a key of SECRET_KEY, which is never to be shared' }
  }
  if (settings.smtpUrl !== undefined && settings.mailFrom === undefined) {
    yield { setting: 'mailFrom', message: 'must be set beside smtpUrl: letters need a sender' }
  }
  if (settings.pages === 'off' && Object.keys(settings.providers).length > 0) {
    yield {
      setting: 'providers',
      message: 'needs the pages, to which a provider leads back, and pages is off',
    }
  }
  if (mode === 'production') yield* inProduction(settings, surroundings, isGiven)
}

function* inAddresses(
  { host, port, issuer }: Settings,
  isGiven: (name: SettingName) => boolean,
): Generator<Disagreement> {
  if (port === 0 && !isGiven('issuer')) {
    yield { setting: 'issuer', message: 'must be set where PORT is 0, for nobody knows the port beforehand' }
  } else if (!issuer.startsWith('https:') && !isLoopback(hostOf(issuer))) {
    const why = isGiven('issuer')
      ? ''
      : `; it follows from HOST ${host}: set ISSUER to the URL that clients use`
    yield { setting: 'issuer', message: `must use https outside loopback, and is ${issuer}${why}` }
  }
}

function* inBrowserSessions(settings: Settings): Generator<Disagreement> {
  for (const [idle, whole] of [
    ['sessionIdleMinutes', 'sessionHours'],
    ['adminSessionIdleMinutes', 'adminSessionHours'],
  ] as const) {
    if (settings[idle] <= settings[whole] * 60) continue
    yield { setting: idle, message: `cannot be more than ${whole}, which is ${settings[whole]}` }
  }
}

function* inPermissions({ scopes, roles, defaultRoles }: Settings): Generator<Disagreement> {
  for (const [name, role] of Object.entries(roles)) {
    for (const scope of role.scopes) {
      if (Object.hasOwn(scopes, scope)) continue
      yield {
        setting: 'roles',
        message: `gives \`${name}\` the scope \`${scope}\`, which scopes does not declare`,
      }
    }
  }
  for (const name of defaultRoles) {
    if (!Object.hasOwn(roles, name)) {
      yield { setting: 'defaultRoles', message: `names \`${name}\`, which roles does not declare` }
    } else if (name === 'admin' || roles[name]?.scopes.some((scope) => scope.startsWith('admin:'))) {
      const message = `would make everybody who registers an administrator, by the role \`${name}\``
      yield { setting: 'defaultRoles', message }
    }
  }
}

function* inProduction(
  settings: Settings,
  surroundings: Surroundings,
  isGiven: (name: SettingName) => boolean,
): Generator<Disagreement> {
  if (!surroundings.isKeyless && !isGiven('secretKey')) {
    const why = whyProduction(settings.host, settings.issuer, surroundings.nodeEnv)
    const give = surroundings.isCode
      ? 'hand over what `npx countersign secret` prints, as by `secretKey: process.env.SECRET_KEY`; createAuth itself reads no environment'
      : 'set SECRET_KEY, or SECRET_KEY_FILE, to what `npx countersign secret` prints'
    yield { setting: 'secretKey', message: `is required in production (${why}): ${give}` }
  }
  if (surroundings.tlsRejectUnauthorized === '0') {
    yield {
      setting: 'NODE_TLS_REJECT_UNAUTHORIZED',
      message: 'is 0, which makes Node believe every certificate: unset it in production',
      from: 'environment',
    }
  }
}
