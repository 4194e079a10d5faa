import { DAY_SECONDS } from '../../base/duration.ts'
import { isUuid } from '../../base/uuid.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { scopesOfRoles } from '../../model/scope-policy.ts'
import { apiKeysPage, LIVES_DAYS } from '../../pages/api-keys.ts'
import { sentenceOfScope } from '../../pages/scope-sentences.ts'
import { principalOf } from '../route.ts'
import { userOf } from './account.ts'
import { readFields } from './form-fields.ts'
import type { Form, PageHandler } from './page-route.ts'
import { openView, pagesOf, seeOther } from './view.ts'

const PAGE = '/account/api-keys'

export const showApiKeys: PageHandler = async (context) => {
  const { services } = context
  const [view, user, apiKeys] = await Promise.all([
    openView(context),
    userOf(context),
    services.apiKeys.list(principalOf(context).id),
  ])
  const { note } = view
  const { policy } = services.grants
  const own = principalOf(context).scopes
  const held = (await scopesOfRoles(policy, user.roles)).filter((name) => own.includes(name))
  return view.send(
    apiKeysPage(view.frame, view.state, {
      apiKeys,
      scopes: held.map((name) => ({
        name,
        sentence: sentenceOfScope(view.frame.texts, name, policy.scopes),
      })),
      ...(note?.secret === undefined
        ? { done: note?.done === 'revoked' || note?.done === 'gone' ? note.done : undefined, made: undefined }
        : { done: undefined, made: { name: note.done ?? '', text: note.secret } }),
    }),
  )
}

/** The key goes to the page in the note, encrypted and for one look. */
export const createApiKey: PageHandler = async (context) => {
  const { body, origin, services } = context
  const { name, days } = readFields(body, { name: { most: 100 }, days: { most: 4 } })
  if (/\p{Cc}/u.test(name) || !LIVES_DAYS.includes(Number(days))) {
    throw new AuthError('REQUEST_INVALID', {
      fields: [{ field: 'name', message: 'Is not valid.', reason: 'empty' }],
    })
  }
  const { id: userId, scopes: within, sessionId } = principalOf(context)
  const { text } = await services.apiKeys.make(
    {
      userId,
      name,
      scopes: scopesIn(body),
      within,
      sessionId,
      lifeSeconds: Number(days) * DAY_SECONDS,
    },
    origin,
  )
  const { base, cookies } = pagesOf(services)
  return seeOther(base + PAGE, [cookies.writeNote({ page: PAGE, done: name, secret: text })])
}

export const revokeApiKey: PageHandler = async (context) => {
  const { origin, services } = context
  const key = { userId: principalOf(context).id, id: context.params.id ?? '' }
  const revoked = isUuid(key.id) && (await services.apiKeys.revoke(key, origin))
  const { base, cookies } = pagesOf(services)
  return seeOther(base + PAGE, [cookies.writeNote({ page: PAGE, done: revoked ? 'revoked' : 'gone' })])
}

/** The scopes whose boxes are ticked. None is asked for as none, not as all. */
function scopesIn(form: Form): string[] {
  const ticked = Object.keys(form).flatMap((name) => (name.startsWith('scope:') ? [name.slice(6)] : []))
  if (ticked.length > 0) return ticked
  throw new AuthError('REQUEST_INVALID', {
    fields: [{ field: 'scopes', message: 'Choose at least one.', reason: 'choose' }],
  })
}
