import { provePassword } from '../login/password.ts'
import { namedScope } from '../model/scope-policy.ts'
import type { Grant } from './grant.ts'
import { required } from './parameter.ts'
import { startSession } from './session-start.ts'

/** RFC 6749 section 4.3: `username` is a name or a mail address. For the built-in first-party client only. */
export const password: Grant = {
  type: 'password',
  async prove(request, { client }, parts) {
    const { origin, parameters } = request
    const login = required(request, 'username')
    const { user } = await provePassword(login, required(request, 'password'), origin, parts)
    const scope = namedScope(parameters.get('scope'))
    return startSession({ user, client, scope, amr: ['pwd'], origin, goesOnAt: 'token' }, parts)
  },
}
