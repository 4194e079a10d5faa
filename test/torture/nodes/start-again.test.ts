import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNodeServer } from './node-server.ts'
import { CLUSTER_SECRET } from './sessions.ts'
import { startAgain } from './start-again.ts'

/** Nobody listens there. */
const NO_DATABASE = 'postgres://nobody:nothing@127.0.0.1:1/none'

test('a node that finds no database at its start is started again, and each time is counted', async () => {
  const settings: Record<string, string> = { SECRET_KEY: CLUSTER_SECRET }
  const node = await startNodeServer(settings)
  try {
    await node.kill()
    settings.DATABASE_URL = NO_DATABASE
    let times = 0
    await startAgain(node, () => {
      times += 1
      if (times === 2) delete settings.DATABASE_URL
    })
    assert.equal(times, 2)
    assert.notEqual(node.pid(), undefined)

    // What is wrong with the node itself is nothing that a supervisor may hide.
    await node.kill()
    settings.SECRET_KEY = 'short'
    await assert.rejects(
      startAgain(node, () => assert.fail('started again')),
      /ended at its start/,
    )
  } finally {
    await node.stop()
  }
})

test('a node that never finds its database is given up', async () => {
  let starts = 0
  const node = {
    log: () => 'STORE_UNAVAILABLE: Look at the database\n  reason: no connection was free in time\n',
    async start() {
      starts += 1
      throw new Error(`start ${starts}`)
    },
  }
  let repeated = 0
  const again = (): void => {
    repeated += 1
  }
  await assert.rejects(startAgain(node, again, 0), /start 10/)
  assert.equal(repeated, 9)
})
