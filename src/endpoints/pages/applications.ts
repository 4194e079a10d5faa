import { applicationsPage } from '../../pages/applications.ts'
import { sentenceOfScope } from '../../pages/scope-sentences.ts'
import { consentsOf, takeBackConsent } from '../consents.ts'
import { principalOf } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { openView, pagesOf, seeOther } from './view.ts'

const PAGE = '/account/applications'

export const showApplications: PageHandler = async (context) => {
  const { services } = context
  const [view, consents] = await Promise.all([
    openView(context),
    consentsOf(principalOf(context).id, services),
  ])
  const { scopes } = services.permissions
  return view.send(
    applicationsPage(view.frame, view.state, {
      consents,
      sentenceOf: (name) => sentenceOfScope(view.frame.texts, name, scopes),
      isDone: view.note?.done === 'taken back',
    }),
  )
}

/** To take back what is gone already comes to the same. */
export const takeBack: PageHandler = async (context) => {
  const { services } = context
  const { client_id: clientId } = readFields(context.body, { client_id: { most: 200 } })
  await takeBackConsent({ userId: principalOf(context).id, clientId }, context)
  const { base, cookies } = pagesOf(services)
  return seeOther(base + PAGE, [cookies.writeNote({ page: PAGE, done: 'taken back' })])
}
