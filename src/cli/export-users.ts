import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Auth } from '../auth.ts'
import type { User } from '../model/user.ts'
import { counted, print, safeJson } from './output.ts'
import { withAuth } from './with-auth.ts'

interface ExportOptions {
  readonly withPasswordHashes?: boolean
}

const PAGE = 500

/** All accounts as JSON lines, oldest first, in the form that `users import` reads; to a file, or to standard output. */
export async function exportUsers(
  path: string | undefined,
  { withPasswordHashes = false }: ExportOptions,
): Promise<void> {
  if (withPasswordHashes && path === undefined) {
    throw new Error('--with-password-hashes: name a file; hashes belong on no screen')
  }
  const count = await withAuth((auth) => exportFrom(auth, path, withPasswordHashes))
  if (path !== undefined) print(`${counted(count, 'account')} written`)
}

export async function exportFrom(
  auth: Auth,
  path: string | undefined,
  withPasswordHashes: boolean,
): Promise<number> {
  // Only for the owner, and never over something that is there.
  const file = path === undefined ? undefined : createWriteStream(path, { mode: 0o600, flags: 'wx' })
  if (file !== undefined) await once(file, 'open')
  // A disk that is full says so between two writes as well, when nobody waits for either.
  file?.on('error', () => undefined)
  let count = 0
  for await (const user of allUsers(auth)) {
    const hash = withPasswordHashes ? await auth.users.passwordHashOf(user.id) : undefined
    await write(file ?? process.stdout, `${safeJson({ ...shown(user), password_hash: hash })}\n`)
    count += 1
  }
  file?.end()
  if (file !== undefined) await finished(file)
  return count
}

async function* allUsers(auth: Auth): AsyncGenerator<User> {
  for (let after: string | undefined; ; ) {
    const page = await auth.users.list({ limit: PAGE, ...(after !== undefined && { after }) })
    yield* page
    if (page.length < PAGE) return
    after = page.at(-1)?.id
  }
}

function shown({ id, email, emailVerified, username, roles, state, profile, createdAt }: User) {
  return {
    id,
    email,
    email_verified: emailVerified,
    username,
    roles,
    state,
    profile,
    created_at: new Date(createdAt).toISOString(),
  }
}

async function write(stream: Writable, text: string): Promise<void> {
  if (stream.errored) throw stream.errored
  if (!stream.write(text)) await once(stream, 'drain')
}
