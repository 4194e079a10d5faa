import { readFileSync } from 'node:fs'
import type { Account } from './private-server.ts'

/** The account of a server that does not run as root; undefined where the tests do not run as root. */
export function accountBesideRoot(name: string, server: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) {
    throw new Error(`${server} does not run as root, and there is no user "${name}" to run it as`)
  }
  return { uid: Number(uid), gid: Number(gid) }
}
