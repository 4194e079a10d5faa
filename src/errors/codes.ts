import { account } from './catalogue/account.ts'
import { client } from './catalogue/client.ts'
import { codeFlow } from './catalogue/code-flow.ts'
import { docs } from './catalogue/docs.ts'
import { format } from './catalogue/format.ts'
import type { CatalogueEntry } from './catalogue/group.ts'
import { issuer } from './catalogue/issuer.ts'
import { keys } from './catalogue/keys.ts'
import { limits } from './catalogue/limits.ts'
import { permission } from './catalogue/permission.ts'
import { proxy } from './catalogue/proxy.ts'
import { refresh } from './catalogue/refresh.ts'
import { replicas } from './catalogue/replicas.ts'
import { request } from './catalogue/request.ts'
import { revocation } from './catalogue/revocation.ts'
import { service } from './catalogue/service.ts'
import { socket } from './catalogue/socket.ts'
import { time } from './catalogue/time.ts'
import { transport } from './catalogue/transport.ts'
import { wiring } from './catalogue/wiring.ts'

export type { CatalogueEntry, Effect, Group } from './catalogue/group.ts'
export type { ClientCode } from './client-codes.ts'

/**
 * The closed catalogue: one cause for each way a credential can be refused or wrongly accepted. Log,
 * metric, event, doctor, docs and tests use these codes; what a client sees follows from them.
 */
export const catalogue = {
  ...transport,
  ...proxy,
  ...format,
  ...keys,
  ...time,
  ...issuer,
  ...revocation,
  ...account,
  ...permission,
  ...refresh,
  ...codeFlow,
  ...client,
  ...limits,
  ...wiring,
  ...docs,
  ...socket,
  ...replicas,
  ...request,
  ...service,
} as const satisfies Readonly<Record<string, CatalogueEntry>>

/** An upper-case code of the catalogue. */
export type Cause = keyof typeof catalogue
