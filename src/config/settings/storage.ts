import { Secret } from '../secret.ts'
import { optional, setting } from '../setting.ts'
import { databaseUrl, maskUrl, postgresUrl, redisUrl } from '../storage-urls.ts'
import { wholeNumber, yesOrNo } from '../values.ts'

/** Where state is kept. */
export const storage = {
  databaseUrl: setting({
    kind: databaseUrl(),
    environment: 'DATABASE_URL',
    default: new Secret('sqlite:./data/countersign.db', maskUrl),
    secret: true,
    description: 'The database that everything is kept in.',
  }),
  databaseListenUrl: optional({
    kind: postgresUrl(),
    environment: 'DATABASE_LISTEN_URL',
    secret: true,
    description:
      'A direct connection to PostgreSQL for notifications, where `DATABASE_URL` leads through a pooler that cannot ' +
      'carry them.',
  }),
  databaseConnections: setting({
    kind: wholeNumber(1, 1000),
    environment: 'DATABASE_CONNECTIONS',
    default: 16,
    description:
      'The most connections that each process makes to PostgreSQL, the one for notifications aside.',
  }),
  databasePreparedStatements: setting({
    kind: yesOrNo(),
    environment: 'DATABASE_PREPARED_STATEMENTS',
    default: true,
    description:
      'Whether PostgreSQL is asked by prepared statements. `false` where `DATABASE_URL` leads through PgBouncer in ' +
      'transaction mode, beside a `DATABASE_LISTEN_URL` that leads past it.',
  }),
  redisUrl: optional({
    kind: redisUrl(),
    environment: 'REDIS_URL',
    secret: true,
    description: 'Redis or Valkey, for limits and pushes between nodes; nothing is kept only there.',
  }),
}
