import { AuthError } from '../errors/auth-error.ts'
import { parseScope } from '../model/scope-policy.ts'
import { answerChallenge } from './challenge-answer.ts'
import type { Grant } from './grant.ts'
import { required } from './parameter.ts'
import { startSession } from './session-start.ts'

/**
 * The answer to a challenge (RFC 6749 section 4.5): `challenge_token` of the refusal, and `code` or, as JSON, `credential`.
 * The scope is the one asked for at the beginning. It needs no registration: whoever holds a challenge was let so far by
 * a grant that does.
 */
export const challenge: Grant = {
  type: 'urn:countersign:grant-type:challenge',
  async prove(request, { client }, parts) {
    const { origin, parameters } = request
    const { user, amr, scope } = await answerChallenge(
      {
        text: required(request, 'challenge_token'),
        purpose: 'token',
        clientId: client.id,
        answer: { code: parameters.get('code'), credential: credentialIn(parameters.get('credential')) },
        origin,
      },
      parts,
    )
    const asked = scope === undefined ? undefined : parseScope(scope)
    return startSession({ user, client, scope: asked, amr, origin, goesOnAt: 'token' }, parts)
  },
}

function credentialIn(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'credential', message: 'Must be JSON.' }] })
  }
}
