export { postgres } from './store/postgres/index.ts'
export type { PostgresOptions } from './store/postgres/options.ts'
export type { PostgresStore, TransactionVerbs } from './store/postgres/postgres-store.ts'
