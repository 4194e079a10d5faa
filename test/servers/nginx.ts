import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PrivateServer, startPrivateServer } from './private-server.ts'
import { nginxServer, requireProgram } from './programs.ts'

/** Files of a configuration by name; `site.conf` is read in the `http` block. */
export type NginxFiles = (port: number) => Readonly<Record<string, string>>

/** Starts a private nginx of one worker, which answers on the port that its files were given. */
export function startNginx(files: NginxFiles): Promise<PrivateServer> {
  const path = requireProgram(nginxServer)
  return startPrivateServer({
    name: 'nginx',
    command({ folder, port }) {
      for (const [name, text] of Object.entries({ ...files(port), 'nginx.conf': frame(folder) })) {
        writeFileSync(join(folder, name), text)
      }
      return { path, args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'] }
    },
    ready: /start worker processes/,
    stopSignal: 'SIGTERM',
  })
}

/** Everything that it would write elsewhere goes into its folder. */
function frame(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `  ${what}_temp_path ${join(folder, what)};`,
  )
  return [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr notice;',
    'events { worker_connections 256; }',
    'http {',
    '  access_log off;',
    ...temporary,
    '  include site.conf;',
    '}',
    '',
  ].join('\n')
}
