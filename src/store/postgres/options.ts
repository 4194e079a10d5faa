import type { PoolSettings, PostgresPool } from './pool.ts'

/** Where the database is and how it is used. Either `url` or `pool`. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; the schema `countersign` in it is ours. */
  readonly url?: string
  /** The application's own `pg` pool, shared: never ended by us. Its size is the application's choice. */
  readonly pool?: PostgresPool
  /**
   * A direct connection for notifications, where `url` leads through a pooler that cannot carry them. By default `url`;
   * with `pool` alone there are no notifications, and revocations travel by asking.
   */
  readonly listenUrl?: string
  /** Connections of our own pool; 16 unless said otherwise. */
  readonly connections?: number
  /** Statements that may wait for a connection; one more is refused. 1000 unless said otherwise. */
  readonly mostWaiting?: number
  /** How long to wait for a connection, and again for a statement; 2000 unless said otherwise. */
  readonly limitMilliseconds?: number
  /**
   * False for PgBouncer in transaction mode. Then `listenUrl` is to lead past it, and the server's own time limits are
   * those of the role that signs in: PgBouncer does not pass ours on.
   */
  readonly preparedStatements?: boolean
}

export interface PostgresSettings extends PoolSettings {
  readonly url: string | undefined
  readonly pool: PostgresPool | undefined
  readonly listenUrl: string | undefined
  readonly connections: number
}

/** Whole passes over large tables and migrations take longer; they hold up nobody. */
const LONG_LIMIT_MILLISECONDS = 120_000

const KNOWN: readonly string[] = [
  'url',
  'pool',
  'listenUrl',
  'connections',
  'mostWaiting',
  'limitMilliseconds',
  'preparedStatements',
] satisfies (keyof PostgresOptions)[]

/** Throws a TypeError that names every problem and quotes no value, for a URL holds a password. */
export function readOptions(given: string | PostgresOptions): PostgresSettings {
  const options = typeof given === 'string' ? { url: given } : given
  const problems = [
    ...Object.keys(options)
      .filter((name) => !KNOWN.includes(name))
      .map((name) => `there is no option \`${name}\``),
    ...((options.url === undefined) === (options.pool === undefined) ? ['give either `url` or `pool`'] : []),
    ...problemOfUrl('url', options.url),
    ...problemOfUrl('listenUrl', options.listenUrl),
    ...problemOfCount('connections', options.connections),
    ...problemOfCount('mostWaiting', options.mostWaiting),
    ...problemOfCount('limitMilliseconds', options.limitMilliseconds),
  ]
  if (problems.length > 0) throw new TypeError(`postgres(): ${problems.join('; ')}`)
  const limitMilliseconds = options.limitMilliseconds ?? 2000
  return {
    url: options.url,
    pool: options.pool,
    listenUrl: options.listenUrl ?? options.url,
    connections: options.connections ?? 16,
    mostWaiting: options.mostWaiting ?? 1000,
    limitMilliseconds,
    longLimitMilliseconds: Math.max(limitMilliseconds, LONG_LIMIT_MILLISECONDS),
    prepared: options.preparedStatements ?? true,
  }
}

/** The address for people: neither who signs in there nor by what. */
export function describeUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

function problemOfUrl(name: string, url: string | undefined): string[] {
  if (url === undefined || (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url))) return []
  return [`\`${name}\` is no postgres:// URL`]
}

function problemOfCount(name: string, count: number | undefined): string[] {
  if (count === undefined || (Number.isSafeInteger(count) && count > 0)) return []
  return [`\`${name}\` is no whole number above zero`]
}
