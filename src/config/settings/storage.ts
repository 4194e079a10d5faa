import { Secret } from '../secret.ts'
import { optional, setting } from '../setting.ts'
import { databaseUrl, maskUrl, postgresUrl, redisUrl } from '../storage-urls.ts'

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
  redisUrl: optional({
    kind: redisUrl(),
    environment: 'REDIS_URL',
    secret: true,
    description: 'Redis or Valkey, for limits and pushes between nodes; nothing is kept only there.',
  }),
}
