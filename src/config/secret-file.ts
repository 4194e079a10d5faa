import { resolve } from 'node:path'
import { readTextFile } from './text-file.ts'

/**
 * Where Docker, Podman and Kubernetes mount secrets for one container. Everybody in it may read them by default, and
 * nobody outside can: the mode says nothing there.
 */
const MOUNTS = ['/run/secrets/', '/var/run/secrets/']

/**
 * Reads a secret from a file, without the newline at its end. Throws an Error with a plain sentence where there is none,
 * or where everybody on the machine could read it too.
 */
export function readSecretFile(path: string): string {
  const file = readTextFile(path)
  if (file === undefined) throw new Error('does not exist')
  if (file.isOpenToAll && !isSecretMount(path)) {
    throw new Error(
      'can be read or changed by everybody on this machine: give it to one user and set its mode to 0600',
    )
  }
  return file.text.replace(/\r?\n$/, '')
}

/** Whether a path lies where only an orchestrator puts files. */
function isSecretMount(path: string): boolean {
  const absolute = resolve(path)
  return MOUNTS.some((mount) => absolute.startsWith(mount))
}
