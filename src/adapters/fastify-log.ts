import type { FastifyInstance } from 'fastify'

/** Where pino keeps how parts of a line are written (`pino.symbols.serializersSym`). */
const SERIALIZERS = Symbol.for('pino.serializers')

/** Fastify writes the address of every request down. That of a WebSocket has a ticket in it, which nobody needs to read. */
export function keepTicketsFromLog(app: FastifyInstance): void {
  const serializers = (app.log as unknown as { [SERIALIZERS]?: Record<string, unknown> } | undefined)?.[
    SERIALIZERS
  ]
  const write = serializers?.req
  if (serializers === undefined || typeof write !== 'function') return
  serializers.req = (request: unknown) => {
    const written: unknown = write(request)
    if (typeof written !== 'object' || written === null || !('url' in written)) return written
    const { url } = written
    return typeof url === 'string' ? { ...written, url: withoutTicket(url) } : written
  }
}

/** As it came, of the requests whose address was rewritten. */
const targets = new WeakMap<object, string>()

/**
 * Takes the ticket out of the address before anything else sees it: lines of Fastify and of plugins quote the address in
 * their text, where no serializer reaches. An application's own `ticket=` stays.
 */
export function hideTicket(raw: { url?: string | undefined }): void {
  const { url } = raw
  if (url === undefined || !url.includes('cs_ticket_')) return
  targets.set(raw, url)
  raw.url = withoutTicket(url)
}

/** The address as it came. */
export function targetOf(raw: { readonly url?: string | undefined }): string {
  return targets.get(raw) ?? raw.url ?? '/'
}

function withoutTicket(url: string): string {
  return url.replace(/([?&]ticket=)[^&#]*/gi, '$1[redacted]')
}
