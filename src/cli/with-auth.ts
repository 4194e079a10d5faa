import { existsSync } from 'node:fs'
import type { Auth } from '../auth.ts'
import type { AuthOptions } from '../auth-options.ts'
import { loadConfig } from '../config/load.ts'
import type { Secret } from '../config/secret.ts'
import type { Settings } from '../config/settings.ts'
import { createAuth } from '../create-auth.ts'

/** Who did it, in the audit log. */
export const OPERATOR = { actor: { kind: 'operator' } } as const

/** Works on the configured database directly, then lets go of it. A server that runs beside it learns within seconds. */
export async function withAuth<Value>(
  work: (auth: Auth, settings: Settings) => Promise<Value>,
  more: Pick<AuthOptions, 'logger'> = {},
): Promise<Value> {
  const { options, settings, mode } = await loadConfig({ cwd: process.cwd(), env: process.env })
  // In the folder of an application that keeps its data elsewhere, or where its name is misspelt, this would look as if
  // nobody had an account.
  if (mode === 'development' && options.store === undefined && !hasDatabase(settings.databaseUrl)) {
    process.stderr.write(
      `note: there was no database here, so this is a new one (${settings.databaseUrl}). Another one is named by ` +
        'DATABASE_URL, or by databaseUrl in countersign.config.ts.\n',
    )
  }
  const auth = createAuth({ ...(options as AuthOptions), ...more, isCommand: true }) as unknown as Auth
  try {
    return await work(auth, settings)
  } finally {
    await auth.close()
  }
}

/** False only for an SQLite file that is not there yet. */
export function hasDatabase(databaseUrl: Secret): boolean {
  const [, path] = /^sqlite:(.+)$/.exec(String(databaseUrl)) ?? []
  return path === undefined || existsSync(path)
}
