import { accessSync, constants, globSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program the tests need and npm does not bring. */
export interface Program {
  readonly title: string
  /** Any of these will do. */
  readonly names: readonly string[]
  /** Where distributions put it besides the PATH; may hold wild cards. */
  readonly folders: readonly string[]
  readonly debianPackage: string
  /** Where it cannot be installed, the tests that need it are left out by name and the others run. */
  readonly optional?: boolean
  /** Loaded by another program, so that it need only be readable. */
  readonly isModule?: true
}

const POSTGRES_FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
]

export const postgresServer: Program = {
  title: 'PostgreSQL',
  names: ['postgres'],
  folders: POSTGRES_FOLDERS,
  debianPackage: 'postgresql',
}

export const postgresSetup: Program = { ...postgresServer, names: ['initdb'] }

/** Makes a replica. */
export const postgresCopier: Program = { ...postgresServer, names: ['pg_basebackup'] }

export const postgresClient: Program = { ...postgresServer, names: ['psql'] }

export const redisServer: Program = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  folders: [],
  debianPackage: 'redis-server',
}

export const chromiumBrowser: Program = {
  title: 'Chromium',
  // The first has no window to draw: it starts in a third of the time.
  names: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  folders: ['/Applications/Google Chrome.app/Contents/MacOS', '/Applications/Chromium.app/Contents/MacOS'],
  debianPackage: 'chromium-headless-shell',
}

export const nginxServer: Program = {
  title: 'nginx',
  names: ['nginx'],
  folders: ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'],
  debianPackage: 'nginx-light',
}

export const pgBouncer: Program = {
  title: 'PgBouncer',
  names: ['pgbouncer'],
  folders: ['/usr/sbin', '/opt/homebrew/bin'],
  debianPackage: 'pgbouncer',
  optional: true,
}

export const apacheServer: Program = {
  title: 'Apache',
  names: ['apache2', 'httpd'],
  folders: ['/usr/sbin'],
  debianPackage: 'apache2-bin',
}

export const openidcModule: Program = {
  title: 'mod_auth_openidc',
  names: ['mod_auth_openidc.so'],
  folders: ['/usr/lib/apache2/modules'],
  debianPackage: 'libapache2-mod-auth-openidc',
  isModule: true,
  optional: true,
}

const pythonPackage = (title: string, name: string): Program => ({
  title,
  names: [`${name}/__init__.py`],
  folders: ['/usr/lib/python3/dist-packages'],
  debianPackage: `python3-${name}`,
  isModule: true,
  optional: true,
})

export const authlib = pythonPackage('Authlib', 'authlib')
/** What Authlib makes its requests with. */
export const pythonRequests = pythonPackage('Requests', 'requests')

export const promtool: Program = {
  title: 'promtool of Prometheus',
  names: ['promtool'],
  folders: [],
  debianPackage: 'prometheus',
  optional: true,
}

export const prometheusServer: Program = { ...promtool, title: 'Prometheus', names: ['prometheus'] }

export const systemdAnalyze: Program = {
  title: 'systemd-analyze',
  names: ['systemd-analyze'],
  folders: [],
  debianPackage: 'systemd',
  optional: true,
}

/** Where the program is, or undefined. */
export function findProgram({ names, folders, isModule }: Program): string | undefined {
  const places = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    // The newest version last in each pattern's order, so first here.
    ...folders.flatMap((pattern) => (pattern.includes('*') ? globSync(pattern).sort().reverse() : [pattern])),
  ]
  const access = isModule ? constants.R_OK : constants.X_OK
  return places
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => isFile(path, access))
}

/** Where the program is; an error that says what to install if it is nowhere. */
export function requireProgram(program: Program): string {
  const path = findProgram(program)
  if (path === undefined) {
    throw new Error(
      `${program.title} is missing: install the package ${program.debianPackage}, or run npm test -- --install`,
    )
  }
  return path
}

function isFile(path: string, access: number): boolean {
  try {
    accessSync(path, access)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
