// The first process: accounts, sign-in and keys. In production this is `npx countersign serve` on a host of its own.
import { createServer } from 'node:http'
import { createAuth } from 'countersign'
import { nodeListener } from 'countersign/node'
import config, { ISSUER } from './countersign.config.ts'

const auth = createAuth(config)
await auth.ready()
createServer(nodeListener(auth)).listen(Number(new URL(ISSUER).port), '127.0.0.1')
