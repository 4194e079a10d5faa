import { chownSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { accountBesideRoot } from './account.ts'
import { type PrivateServer, startPrivateServer } from './private-server.ts'
import { apacheServer, openidcModule, requireProgram } from './programs.ts'

/** Beside the one that is tested. */
const MODULES = ['authn_core', 'authz_core', 'authz_user', 'headers', 'proxy', 'proxy_http']

export interface Site {
  /** Files that it needs, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly configuration: (place: { readonly folder: string; readonly port: number }) => string
}

/** Starts a private Apache with mod_auth_openidc, which answers on the port that its site was given. */
export function startApache({ files, configuration }: Site): Promise<PrivateServer> {
  const path = requireProgram(apacheServer)
  const modules = dirname(requireProgram(openidcModule))
  const account = accountBesideRoot('www-data', 'Apache')
  return startPrivateServer({
    name: 'apache',
    account,
    command({ folder, port }) {
      const site = frame(folder, port, modules) + configuration({ folder, port })
      for (const [name, text] of Object.entries({ ...files, 'apache.conf': site })) {
        writeFileSync(join(folder, name), text, { mode: 0o600 })
        if (account !== undefined) chownSync(join(folder, name), account.uid, account.gid)
      }
      return { path, args: ['-D', 'FOREGROUND', '-f', join(folder, 'apache.conf')] }
    },
    ready: /resuming normal operations/,
    stopSignal: 'SIGTERM',
  })
}

/** What it would write elsewhere goes into its folder, or to whoever started it. */
function frame(folder: string, port: number, modules: string): string {
  return [
    `ServerRoot ${folder}`,
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${port}`,
    `PidFile ${join(folder, 'apache.pid')}`,
    `DefaultRuntimeDir ${folder}`,
    'ErrorLog "|/bin/cat"',
    'LogLevel notice',
    ...['mpm_event', ...MODULES, 'auth_openidc'].map(
      (name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`,
    ),
    'StartServers 1',
    'ServerLimit 1',
    'ThreadsPerChild 25',
    'MaxRequestWorkers 25',
    '',
  ].join('\n')
}
