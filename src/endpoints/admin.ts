import { z } from 'zod'
import { needs } from '../model/access.ts'
import { FOR_ADMINS } from './limits.ts'
import { json, principalOf, route } from './route.ts'

/** What an admin's own page begins with; also the route that shows roles and scopes at work. */
export const dashboard = route({
  method: 'GET',
  path: '/admin/dashboard',
  access: needs({ scopes: ['admin:dashboard'] }),
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'The service at a glance',
  answers: {
    200: {
      description: 'Counts, as of now.',
      schema: z.object({ users: z.int(), signed_in_as: z.uuid() }).meta({ id: 'Dashboard' }),
    },
  },
  async handle(context) {
    const users = await context.services.grants.store.users.count()
    return json({ users, signed_in_as: principalOf(context).id })
  },
})
