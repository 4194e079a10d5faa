import { z } from 'zod'
import type { AuthOptions } from '../auth-options.ts'
import { encodeBase64Url } from '../base/base64url.ts'
import { toSeconds } from '../base/clock.ts'
import { loadConfig } from '../config/load.ts'
import { isLoopback } from '../config/mode.ts'
import { routes } from '../endpoints/routes.ts'
import { AuthError } from '../errors/auth-error.ts'
import { mint } from '../grants/mint.ts'
import { startSession } from '../grants/session-start.ts'
import { type Claims, claimsOf, compose } from '../hostile/idea.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { TokenSource } from '../probe/source.ts'
import { wire } from '../wiring/wire.ts'
import { readJsonObject } from './document.ts'
import { OPERATOR } from './with-auth.ts'

const TOLD_MILLISECONDS = 5000
/** A push may be lost; then it takes a pull, and a verifier elsewhere learns by asking. */
const SLACK_MILLISECONDS = 3000

export interface OwnIssuer extends TokenSource {
  /** Removes the account that the probe signed in with, once. */
  close(): Promise<void>
}

/**
 * Tokens of the issuer that is configured here, bad ones too: they are signed with its key. Works on the database
 * directly, with an account of its own that has no more than the roles of every account, a password that nobody
 * knows, and events in the audit log; what a token says beyond that is only in the token. The account is removed on
 * `close`. `base` is the place that is asked.
 */
export async function openOwnIssuer(base: URL, audience?: string): Promise<OwnIssuer> {
  const { options, settings, origins } = await loadConfig({ cwd: process.cwd(), env: process.env })
  // An application may have its options in code: then nothing here names the issuer, but the application does.
  const told = origins.issuer === 'default' ? await issuerTold(base) : undefined
  const issuer = told?.issuer ?? settings.issuer
  // Hooks and the profile are about real people: neither shall refuse this account, nor hear of it.
  const { hooks: _, profile: __, ...rest } = { ...(options as AuthOptions), ...told }
  const wired = wire({ ...rest, isCommand: true }, [])
  const { accounts, grants } = wired.services
  let close = (): Promise<void> => wired.stop()
  try {
    await wired.start()
    const name = encodeBase64Url(grants.random(9)).replaceAll(/[^A-Za-z0-9]/g, '0')
    const user = await accounts.create(
      { email: `probe-${name}@probe.invalid`, password: encodeBase64Url(grants.random(32)) },
      OPERATOR,
    )
    let closed: Promise<void> | undefined
    close = () => (closed ??= accounts.remove(user.id, OPERATOR).finally(() => wired.stop()))
    const client = await grants.store.clients.find(FIRST_PARTY)
    if (client === undefined) throw new AuthError('CLIENT_UNKNOWN')
    const signIn = async () => {
      // Nobody holds this account, so there is nobody to ask for a second factor where all need one.
      const proven = { user, client, scope: undefined, amr: ['pwd', 'mfa'], origin: OPERATOR }
      const granted = await startSession({ ...proven, goesOnAt: 'token' }, grants)
      return mint(granted, client, grants)
    }
    const key = grants.keyRing.signingKey()
    const sign = (claims: Claims, header: Readonly<Record<string, unknown>> = {}): string =>
      compose({ alg: key.algorithm, typ: 'at+jwt', kid: key.kid, ...header }, claims, (input) =>
        key.sign(input),
      )

    const live = await signIn()
    const everything = {
      scope: Object.keys(settings.scopes).join(' '),
      roles: Object.keys(settings.roles),
      ...(audience !== undefined && { aud: audience }),
    }
    return {
      name: `the issuer ${issuer}, by an account made for this`,
      fits: true,
      refreshToken: live.refresh_token,
      issuerPaths: pathsAt(base, new URL(issuer)),
      materialFor(requirement) {
        const nowSeconds = toSeconds(grants.clock.now())
        const { iat: _, exp: __, ...kept } = claimsOf(live.access_token)
        const claims = {
          ...kept,
          ...everything,
          iat: nowSeconds,
          exp: nowSeconds + grants.settings.accessLifeSeconds,
          auth_time: nowSeconds,
          ...(requirement?.scopes && { scope: requirement.scopes.join(' ') }),
          ...(requirement?.roles && { roles: requirement.roles.slice(0, 1) }),
        }
        return {
          nowSeconds,
          claims,
          sign,
          genuine: sign(claims),
          publicKeys: JSON.parse(grants.keyRing.keySet().text).keys,
          requirement,
        }
      },
      async endSession() {
        const token = (await signIn()).access_token
        const claims = claimsOf(token)
        const session = { id: String(claims.sid), userId: user.id, why: 'ended_by_admin' } as const
        const event = {
          name: 'session.ended',
          origin: OPERATOR,
          userId: user.id,
          sessionId: session.id,
        } as const
        await grants.store.sessions.end(session, event)
        await grants.revocationsChanged()
        return {
          authorization: `Bearer ${sign({ ...claims, ...everything })}`,
          withinMilliseconds: settings.maxStalenessSeconds * 1000 + SLACK_MILLISECONDS,
        }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Issuer and audience as an API on this machine names them itself (RFC 9728); only where both are one. */
async function issuerTold(base: URL): Promise<{ issuer: string; audience: string } | undefined> {
  if (!isLoopback(base.hostname)) return undefined
  const address = new URL('/.well-known/oauth-protected-resource', base)
  const signal = AbortSignal.timeout(TOLD_MILLISECONDS)
  const text = await fetch(address, { signal, redirect: 'error' }).then(
    (answer) => answer.text(),
    () => '',
  )
  const { data } = RESOURCE.safeParse(readJsonObject(text))
  const [issuer] = data?.authorization_servers ?? []
  if (data === undefined || issuer === undefined || URL.parse(issuer)?.origin !== base.origin)
    return undefined
  return { issuer, audience: data.resource }
}

const RESOURCE = z.object({ resource: z.string(), authorization_servers: z.tuple([z.string()]) })

/** The paths of the issuer as seen from the place that is asked, where it is on the same host. */
function pathsAt(base: URL, issuer: URL): string[] {
  const [below, mount] = [base, issuer].map(({ pathname }) => pathname.replace(/\/$/, '')) as [string, string]
  const paths = base.origin === issuer.origin ? routes.map(({ path }) => mount + path) : []
  return paths.filter((path) => path.startsWith(`${below}/`)).map((path) => path.slice(below.length))
}
