import { loadConfig } from '../../config/load.ts'
import type { Evidence, ServiceConfig, StoreRows } from '../../doctor/evidence.ts'
import { readPasted } from '../../doctor/pasted-token.ts'
import { withAuth } from '../with-auth.ts'

/** The token beside what the issuer of this folder is configured with, its keys, and the rows it is about. */
export async function gatherOwn(tokens: NonNullable<Evidence['tokens']>): Promise<Evidence> {
  const { settings } = await loadConfig({ cwd: process.cwd(), env: process.env })
  return withAuth(async (auth) => {
    const { keys } = await auth.keys.publicKeys()
    const secret = settings.jwtAlgorithm === 'HS256' ? (await auth.keys.exportSecret()).secret : undefined
    const config: ServiceConfig = {
      environment: 'this folder',
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: [settings.jwtAlgorithm],
      access_ttl_s: settings.accessTokenExpireMinutes * 60,
      skew_s: 5,
      ...(secret === undefined ? { keys: keys as unknown as ServiceConfig['keys'] & object } : { secret }),
    }
    const { sub, sid } = readPasted(tokens[0]?.text ?? '').claims ?? {}
    const user =
      typeof sub === 'string' && /^[0-9a-f-]{36}$/.test(sub) ? await auth.users.find(sub) : undefined
    const sessions = user === undefined ? [] : await auth.sessions.list(user.id)
    const isEnded = typeof sid === 'string' && user !== undefined && !sessions.some(({ id }) => id === sid)
    const store: StoreRows = {
      users:
        user === undefined
          ? []
          : [{ id: user.id, ver: user.ver, disabled: user.state === 'disabled', roles: user.roles }],
      ...(isEnded && {
        sessions: [
          {
            id: sid,
            user: user.id,
            ended_at: Date.now() / 1000,
            ended_by: 'sign-out, expiry or an administrator',
          },
        ],
      }),
    }
    return { tokens, config, store }
  })
}
