import { showDelivery } from '../endpoints/admin-webhooks.ts'
import { type OutputOptions, printFacts, printTable, upTo } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface ListOptions extends OutputOptions {
  readonly all?: boolean
  readonly limit: number
}

/** What was given up; with `all` also what is still tried. */
export async function listWebhooks({ all = false, limit, json = false }: ListOptions): Promise<void> {
  await withAuth(async (auth) => {
    const waiting = await auth.webhooks.list({ dead: !all, limit: limit + 1 })
    const found = upTo(limit, waiting, '--limit')
    const rows = found.map(({ id, url, event, tries, why, at, dead }) => ({
      id,
      event: event.name,
      url,
      tries,
      state: dead ? 'given up' : 'waiting',
      why,
      at: new Date(at).toISOString(),
    }))
    printTable(json ? found.map(showDelivery) : rows, { json }, 'Nothing was given up.')
  })
}

export async function retryWebhook(id: string, output: OutputOptions): Promise<void> {
  await withAuth(async (auth) => {
    if (!(await auth.webhooks.retry(id, OPERATOR))) throw new Error(`no webhook of id ${id} was given up`)
    printFacts({ id, retried: true }, output)
  })
}
