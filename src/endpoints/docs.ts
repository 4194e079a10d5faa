import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { anyone } from '../model/access.ts'
import { json, route } from './route.ts'

/** The description of this API, for people, generators and the page below. */
export const openApi = route({
  method: 'GET',
  path: '/openapi.json',
  access: anyone,
  tag: 'Documents',
  style: 'problem',
  summary: 'This description',
  answers: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
  handle({ services }) {
    if (!services.docsOpen) throw new AuthError('NOT_FOUND')
    return json({ openapi: '3.1.1', info: { title: services.serviceName, version: '0.1.0' }, paths: {} })
  },
})

export const docs = route({
  method: 'GET',
  path: '/docs',
  access: anyone,
  tag: 'Documents',
  style: 'problem',
  summary: 'The API, to read and to try',
  answers: { 200: { description: 'A page.', mediaType: 'text/html' } },
  hidden: true,
  handle() {
    throw new AuthError('NOT_FOUND')
  },
})

export const docsFile = route({
  method: 'GET',
  path: '/docs/{file}',
  access: anyone,
  tag: 'Documents',
  style: 'problem',
  summary: 'A file of that page',
  answers: { 200: { description: 'The file.' } },
  hidden: true,
  handle() {
    throw new AuthError('NOT_FOUND')
  },
})
