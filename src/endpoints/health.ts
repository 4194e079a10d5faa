import { z } from 'zod'
import { anyone } from '../model/access.ts'
import { json, route } from './route.ts'

const status = z.object({ status: z.string() })

/** The process answers. Says nothing about the database: restarting us would not help it. */
export const healthz = route({
  method: 'GET',
  path: '/healthz',
  access: anyone,
  tag: 'Operation',
  style: 'problem',
  summary: 'Alive',
  answers: { 200: { description: 'The process answers.', schema: status, example: { status: 'ok' } } },
  handle: () => json({ status: 'ok' }),
})

/** Requests may be sent here. Which part is missing goes to the log, not to the world. */
export const readyz = route({
  method: 'GET',
  path: '/readyz',
  access: anyone,
  tag: 'Operation',
  style: 'problem',
  summary: 'Ready for requests',
  answers: {
    200: { description: 'Ready.', schema: status, example: { status: 'ready' } },
    503: { description: 'Not ready, or stopping.', schema: status, example: { status: 'not_ready' } },
  },
  async handle({ services }) {
    const why = await services.notReady()
    return why === undefined
      ? json({ status: 'ready' })
      : json({ status: 'not_ready' }, 503, { 'retry-after': '1' })
  },
})
