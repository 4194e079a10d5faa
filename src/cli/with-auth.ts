import type { Auth } from '../auth.ts'
import type { AuthOptions } from '../auth-options.ts'
import { loadConfig } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { createAuth } from '../create-auth.ts'

/** Who did it, in the audit log. */
export const OPERATOR = { actor: { kind: 'operator' } } as const

/** Works on the configured database directly, then lets go of it. A server that runs beside it learns within seconds. */
export async function withAuth<Value>(
  work: (auth: Auth, settings: Settings) => Promise<Value>,
  more: Pick<AuthOptions, 'logger'> = {},
): Promise<Value> {
  const { options, settings } = await loadConfig({ cwd: process.cwd(), env: process.env })
  const auth = createAuth({ ...(options as AuthOptions), ...more }) as unknown as Auth
  try {
    return await work(auth, settings)
  } finally {
    await auth.close()
  }
}
