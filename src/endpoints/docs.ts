import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { pageHeaders } from '../http/headers.ts'
import { tiesToHttps } from '../http/strict-transport.ts'
import { anyone } from '../model/access.ts'
import { type Served, serve, servedText } from '../openapi/served.ts'
import { FROM_MEMORY } from './limits.ts'
import { route } from './route.ts'
import type { Services } from './services.ts'

/** Closed looks like absent: what there would be to see is nobody's business. */
function refuseIfClosed({ docsOpen }: Services): void {
  if (!docsOpen) throw new AuthError('NOT_FOUND')
}

/** The description of this API, for people, generators and the page below. Loaded and built when first asked for. */
export const openApi = route({
  method: 'GET',
  path: '/openapi.json',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Documents',
  style: 'problem',
  summary: 'This description',
  answers: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
  async handle({ request, services }) {
    refuseIfClosed(services)
    return serve(request, await descriptionOf(services))
  },
})

export const docs = route({
  method: 'GET',
  path: '/docs',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Documents',
  style: 'problem',
  summary: 'The API, to read and to try',
  answers: { 200: { description: 'A page.', mediaType: 'text/html' } },
  hidden: true,
  async handle({ request, services }) {
    refuseIfClosed(services)
    const { docsPage } = await import('../openapi/page/page.ts')
    const page = servedText('text/html; charset=utf-8', docsPage(services.serviceName))
    return serve(request, page, pageHeaders({ https: isHttps(services) }))
  },
})

export const docsFile = route({
  method: 'GET',
  path: '/docs/{file}',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Documents',
  style: 'problem',
  summary: 'A file of that page',
  answers: { 200: { description: 'The file.' } },
  hidden: true,
  async handle({ request, params, services }) {
    refuseIfClosed(services)
    const { docsAsset } = await import('../openapi/docs-asset.ts')
    const asset = await docsAsset(params.file ?? '')
    if (asset === undefined) throw new AuthError('NOT_FOUND')
    const isPage = asset.mediaType.startsWith('text/html')
    return serve(request, asset, isPage ? pageHeaders({ https: isHttps(services) }) : {})
  },
})

function isHttps({ grants }: Services): boolean {
  return tiesToHttps(grants.settings.issuer)
}

const descriptions = new WeakMap<Services, Promise<Served>>()

function descriptionOf(services: Services): Promise<Served> {
  const known = descriptions.get(services)
  if (known !== undefined) return known
  const described = describe(services)
  descriptions.set(services, described)
  return described
}

async function describe(services: Services): Promise<Served> {
  const { describeApi } = await import('../openapi/description.ts')
  const { issuer, passwordGrant } = services.grants.settings
  return describeApi({
    routes: services.routes,
    issuer,
    passwordGrant,
    scopes: services.permissions.scopes,
    roles: services.permissions.roles,
    title: `${services.serviceName} API`,
    profile: services.profile,
  })
}
