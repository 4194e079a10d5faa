import { momentOf } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Cause } from '../errors/codes.ts'
import { DEVICE_CODE_GRANT } from '../model/device-code.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { passAccountGate } from './account-gate.ts'
import { approvedSession } from './approved-session.ts'
import type { Grant } from './grant.ts'
import { ownClaims } from './own-claims.ts'
import { required } from './parameter.ts'

const UNANSWERED = {
  waiting: 'DEVICE_CODE_PENDING',
  too_soon: 'DEVICE_CODE_SLOW_DOWN',
  denied: 'DEVICE_CODE_DENIED',
  expired: 'DEVICE_CODE_EXPIRED',
} as const satisfies Readonly<Record<string, Cause>>

/**
 * RFC 8628 section 3.4: a device asks whether somebody has allowed it meanwhile. The code is good once; who asks with it
 * long after it was used ends what it was used for, as with any other code (C4).
 */
export const deviceCode: Grant = {
  type: DEVICE_CODE_GRANT,
  async prove(request, { client }, parts) {
    const hash = hashSecret(required(request, 'device_code'))
    const { origin } = request
    const { deviceCodes, events } = parts.store
    const clientId = client.id
    const reused = { name: 'device_code.reused', origin, clientId } as const
    const polled = await deviceCodes.poll({ hash, clientId }, reused)
    if (polled === undefined)
      throw new AuthError('DEVICE_CODE_INVALID', { details: { clientId, why: 'not known' } })
    switch (polled.state) {
      case 'waiting':
      case 'too_soon':
      case 'denied':
      case 'expired':
        throw new AuthError(UNANSWERED[polled.state], { details: { clientId } })
      case 'other_client': {
        const { owner } = polled
        await events.record({ name: 'device_code.wrong_client', origin, clientId, data: { owner } })
        throw new AuthError('DEVICE_CODE_OF_OTHER_CLIENT', { details: { clientId } })
      }
      case 'used': {
        const { userId, sessionId, ended } = polled
        if (ended) await parts.revocationsChanged()
        throw new AuthError('DEVICE_CODE_REUSED', { details: { clientId, userId, sessionId, ended } })
      }
      case 'void':
        throw new AuthError('DEVICE_CODE_INVALID', {
          details: { clientId, userId: polled.userId, why: 'void' },
        })
    }
    const { approval, user } = polled
    await passAccountGate({ user, amr: approval.amr, origin, isSignedIn: true }, parts)
    await parts.hooks.before?.signIn?.(user, { address: origin.address, agent: origin.agent })
    ownClaims(user, client, parts)

    const { session, granted } = await approvedSession(approval, { client, origin }, parts)
    const asked = momentOf(parts.clock)
    const of = { userId: user.id, clientId, sessionId: session.id }
    const redemption = await deviceCodes.redeem(hash, session, { name: 'session.started', origin, ...of })
    if (redemption.outcome === 'lost') {
      throw new AuthError('DEVICE_CODE_REUSED', { details: { clientId, userId: user.id, ended: false } })
    }
    return granted(redemption.facts, redemption.user, asked)
  },
}
