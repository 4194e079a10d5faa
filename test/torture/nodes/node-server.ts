import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtProgram } from '../../../scripts/setup/places.mjs'
import { type PrivateServer, startPrivateServer } from '../../servers/private-server.ts'

/** Settings by the names of their variables. */
export type NodeSettings = Readonly<Record<string, string>>

/** The built server as a process of its own, in a folder of its own. */
export interface NodeServer extends PrivateServer {
  readonly url: string
}

/** What all nodes of a torture have in common: one secret and one name, whatever port each listens on. */
export const CLUSTER_ISSUER = 'http://127.0.0.1:8000'

/**
 * Starts `countersign serve` with these settings. They are written to a file, for they hold secrets. `nodeArgs` are for
 * Node itself.
 */
export function startNodeServer(
  settings: NodeSettings,
  nodeArgs: readonly string[] = [],
): Promise<NodeServer> {
  return startNodeProgram([...nodeArgs, builtProgram, 'serve'], settings)
}

/** The same for a program of a test's own that reads the same settings. */
export async function startNodeProgram(args: readonly string[], settings: NodeSettings): Promise<NodeServer> {
  const server = await startPrivateServer({
    name: 'node',
    command: ({ folder, port }) => {
      const all = {
        HOST: '127.0.0.1',
        PORT: String(port),
        ISSUER: CLUSTER_ISSUER,
        RATE_LIMITS: 'off',
        ...settings,
      }
      const path = join(folder, '.env')
      writeFileSync(
        path,
        Object.entries(all)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      )
      chmodSync(path, 0o600)
      return { path: process.execPath, args }
    },
    ready: /Countersign serves/,
    stopSignal: 'SIGTERM',
  })
  return { ...server, url: `http://127.0.0.1:${server.port}` }
}
