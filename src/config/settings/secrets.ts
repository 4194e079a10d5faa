import { secretKeyList } from '../secret-key.ts'
import { optional, setting } from '../setting.ts'

/** What must never be known. */
export const secrets = {
  secretKey: setting({
    kind: secretKeyList(),
    environment: 'SECRET_KEY',
    default: [],
    secret: true,
    description:
      'The keys that everything stored or handed out is protected with: comma-separated, each 32 random bytes as ' +
      'base64url (`countersign secret` makes one). The first is used for new things, all are read. Required in ' +
      'production; in development one is made in `./data/secret-key`.',
  }),
  jwtSecret: optional({
    kind: secretKeyList(),
    environment: 'JWT_SECRET',
    secret: true,
    description:
      'The secrets of HS256, where another service must know them: comma-separated, each 32 random bytes as base64url ' +
      '(`countersign secret` makes one). All are read; the first that every running process reads signs. Without it ' +
      'one is derived from `SECRET_KEY`, and `countersign keys export` shows it.',
  }),
}
