import type { Auth } from '../../auth.ts'
import { loadConfig } from '../../config/load.ts'
import type { Settings } from '../../config/settings.ts'
import type { Evidence, ServiceConfig, StoreRows } from '../../doctor/evidence.ts'
import { type PastedToken, readPasted } from '../../doctor/pasted-token.ts'
import { verifiesWithSecret } from '../../doctor/signature-trial.ts'
import { withAuth } from '../with-auth.ts'

/** The token beside what the issuer of this folder is configured with, its keys, and the rows it is about. */
export async function gatherOwn(tokens: NonNullable<Evidence['tokens']>): Promise<Evidence> {
  const { settings } = await loadConfig({ cwd: process.cwd(), env: process.env })
  return withAuth(async (auth) => {
    const { keys } = await auth.keys.publicKeys()
    const pasted = readPasted(tokens[0]?.text ?? '')
    const secret = settings.jwtAlgorithm === 'HS256' ? await secretOf(pasted, settings, auth) : undefined
    const config: ServiceConfig = {
      environment: 'this folder',
      issuer: settings.issuer,
      audience: settings.audience,
      // After a change of algorithm the former keys verify until their last token has ended.
      algorithms: [...new Set([settings.jwtAlgorithm, ...keys.map(({ alg }) => String(alg))])],
      access_ttl_s: settings.accessTokenExpireMinutes * 60,
      skew_s: 5,
      ...(keys.length > 0 && { keys: keys as unknown as ServiceConfig['keys'] & object }),
      ...(secret !== undefined && { secret }),
    }
    const { sub, sid } = pasted.claims ?? {}
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

/** The shared secret that made it, of all that are read here, or else the one that signs now. */
async function secretOf(token: PastedToken, { jwtSecret = [] }: Settings, auth: Auth): Promise<string> {
  const texts = jwtSecret.map((secret) => secret.reveal())
  return texts.find((text) => verifiesWithSecret(token, text)) ?? (await auth.keys.exportSecret()).secret
}
