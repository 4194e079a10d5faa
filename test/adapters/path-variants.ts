import type { RawRequest } from './raw-request.ts'

/** Other spellings of guarded paths, and other ways to ask for them. */
export function pathVariants(port: number): RawRequest[] {
  const spelled = ['/secret', '/admin/panel'].flatMap((path) => [
    `${path}/`,
    `${path}//`,
    `/${path}`,
    `//${path}`,
    `/.${path}`,
    `/x/..${path}`,
    `/open/..${path}`,
    `/open/%2e%2e${path}`,
    `/open%2f..${path}`,
    `/plugin/..${path}`,
    `/plugin/%2e%2e${path}`,
    `/plugin/%2E%2E%2F${path.slice(1)}`,
    `/plugin/x/../..${path}`,
    `/plugin/..;${path}`,
    `/plugin/..%5c${path.slice(1)}`,
    `/plugin\\..${path}`,
    path.replace('e', '%65'),
    path.replace('e', '%2565'),
    path.replace('n', '%6e').replace('r', '%72'),
    path.toUpperCase(),
    `${path}%20`,
    `${path}%00`,
    `${path}%0a`,
    `${path}%2f`,
    `${path};a=b`,
    `${path}?`,
    `${path}?/open`,
    `${path}#/open`,
    `${path}/.`,
    `${path}/..;/`,
    `${path}.json`,
    `${path}%`,
    `${path}%zz`,
    `${path}%c0%af`,
    `http://127.0.0.1:${port}${path}`,
    `http://example.com${path}`,
  ])
  const others: RawRequest[] = [
    '/admin//panel',
    '/admin%2fpanel',
    '/admin/./panel',
    '/admin',
    '/admin/',
    '/admin/nowhere',
    '/files',
    '/files/',
    '/files/../secret',
    '/items/',
    '/items/%2e%2e',
    '/items/7/..',
    '*',
    '',
    '?',
    '/',
  ].map((target) => ({ target: target === '' ? '/?' : target }))
  const methods = ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE', 'QUERY'].map(
    (method): RawRequest => ({ method, target: '/secret' }),
  )
  const overrides = ['X-HTTP-Method-Override', 'X-Method-Override', 'X-Original-URL', 'X-Rewrite-URL'].map(
    (name): RawRequest => ({
      target: '/open',
      headers: [[name, name.includes('URL') ? '/secret' : 'DELETE']],
    }),
  )
  return [...spelled.map((target) => ({ target })), ...others, ...methods, ...overrides]
}
