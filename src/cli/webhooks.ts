import { showDelivery } from '../endpoints/admin-webhooks.ts'
import { type OutputOptions, print, printTable } from './output.ts'
import { withAuth } from './with-auth.ts'

interface ListOptions extends OutputOptions {
  readonly all?: boolean
}

const MOST = 1000

/** What was given up; with `all` also what is still tried. */
export async function listWebhooks({ all = false, json = false }: ListOptions): Promise<void> {
  await withAuth(async (auth) => {
    const found = await auth.webhooks.list({ dead: !all, limit: MOST })
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

export async function retryWebhook(id: string): Promise<void> {
  await withAuth(async (auth) => {
    if (!(await auth.webhooks.retry(id))) throw new Error(`no webhook of id ${id} was given up`)
    print('It will be sent again.')
  })
}
