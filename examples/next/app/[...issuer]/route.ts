import { auth, FROM_NEXT } from '../../lib/auth'

/** Whatever no page and no route of the application answers to is the issuer's: /login, /session, /token, /.well-known/…. */
const answer = (request: Request): Promise<Response> => auth().fetch(request, FROM_NEXT)

export { answer as DELETE, answer as GET, answer as OPTIONS, answer as PATCH, answer as POST, answer as PUT }
