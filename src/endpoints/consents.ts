import { z } from 'zod'
import type { Origin } from '../audit/events.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Consent } from '../model/consent.ts'
import { userOf, userToChange } from './account-ceiling.ts'
import { looksAfterUsers } from './admin-users.ts'
import { FOR_ADMINS, OWN_CHANGES, OWN_DATA } from './limits.ts'
import { ownAccount } from './own-account.ts'
import { json, noContent, principalOf, route } from './route.ts'
import { timeOf } from './schemas.ts'
import type { Services } from './services.ts'

export const consentAnswer = z
  .object({
    client_id: z.string(),
    client_name: z.string(),
    scope: z.string().meta({ description: 'What was allowed, separated by spaces.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Consent' })

const consents = z.object({ items: z.array(consentAnswer), next_cursor: z.null() })

const example: z.input<typeof consentAnswer> = {
  client_id: 'calendar',
  client_name: 'Calendar',
  scope: 'openid orders:read',
  created_at: '2026-11-23T08:00:00.000Z',
  updated_at: '2026-11-23T08:00:00.000Z',
}

const LISTED = {
  description: 'What is allowed, last changed first.',
  schema: consents,
  example: { items: [example], next_cursor: null },
}
const TAKEN_BACK =
  'What the application holds ends at once: its codes, sessions and access tokens. It has to ask again.'
const answers = { 204: { description: 'Taken back.' }, 404: { description: 'Nothing was allowed to it.' } }

export const listConsents = route({
  method: 'GET',
  path: '/users/me/consents',
  access: ownAccount,
  limit: OWN_DATA,
  tag: 'Accounts',
  style: 'problem',
  summary: 'What I have allowed other applications',
  answers: { 200: LISTED },
  handle: async (context) => show(await consentsOf(principalOf(context).id, context.services)),
})

export const revokeConsent = route({
  method: 'DELETE',
  path: '/users/me/consents/{client_id}',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Take back what I allowed',
  description: TAKEN_BACK,
  answers,
  async handle(context) {
    const of = { userId: principalOf(context).id, clientId: context.params.client_id ?? '' }
    if (!(await takeBackConsent(of, context))) throw new AuthError('NOT_FOUND')
    return noContent()
  },
})

export const listConsentsOfUser = route({
  method: 'GET',
  path: '/admin/users/{id}/consents',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'What somebody has allowed other applications',
  answers: { 200: LISTED, 404: { description: 'There is no such account.' } },
  async handle(context) {
    const { id } = await userOf(context)
    return show(await consentsOf(id, context.services))
  },
})

export const revokeConsentOfUser = route({
  method: 'DELETE',
  path: '/admin/users/{id}/consents/{client_id}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Take back what somebody allowed',
  description: TAKEN_BACK,
  answers: { ...answers, 403: { description: 'The account holds more than you do.' } },
  async handle(context) {
    const { id: userId } = await userToChange(context)
    const of = { userId, clientId: context.params.client_id ?? '' }
    if (!(await takeBackConsent(of, context))) throw new AuthError('NOT_FOUND')
    return noContent()
  },
})

export function consentsOf(userId: string, { grants }: Services): Promise<Consent[]> {
  return grants.store.consents.list(userId)
}

/** False if there was none. */
export async function takeBackConsent(
  of: { readonly userId: string; readonly clientId: string },
  { origin, services }: { readonly origin: Origin; readonly services: Services },
): Promise<boolean> {
  const { store, revocationsChanged } = services.grants
  const revoked = await store.consents.revoke(of, { name: 'consent.revoked', origin, ...of })
  if (revoked) await revocationsChanged()
  return revoked
}

function show(items: readonly Consent[]) {
  return json({ items: items.map(showConsent), next_cursor: null })
}

export function showConsent(consent: Consent): z.input<typeof consentAnswer> {
  return {
    client_id: consent.clientId,
    client_name: consent.clientName,
    scope: consent.scopes.join(' '),
    created_at: timeOf(consent.createdAt),
    updated_at: timeOf(consent.updatedAt),
  }
}
