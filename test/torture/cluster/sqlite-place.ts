import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountSmallDisk, type SmallDisk } from '../../servers/small-disk.ts'
import { type Watch, watchOver } from '../../servers/watch.ts'
import type { NodeServer } from '../nodes/node-server.ts'
import { mayMount } from './cluster-place.ts'
import { settlePeople, startShop } from './place.ts'
import type { People } from './worker.ts'

const DISK_MEGABYTES = 32

/** One node on SQLite, on a disk of its own where one may be mounted. */
export interface SqlitePlace {
  readonly nodes: readonly [NodeServer]
  readonly people: People
  readonly file: string
  readonly disk: SmallDisk | undefined
  stop(): Promise<void>
}

export async function startSqlitePlace(): Promise<SqlitePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-sqlite-'))
  const watch: Watch = watchOver(folder)
  const disk = mayMount() ? mountSmallDisk(folder, DISK_MEGABYTES) : undefined
  const file = join(disk?.path ?? folder, 'countersign.db')
  const secretKey = randomBytes(32).toString('base64url')
  const url = `sqlite:${file}`
  const people = await settlePeople(url, secretKey)
  const node = await startShop(url, secretKey)
  return {
    nodes: [node],
    people,
    file,
    disk,
    async stop() {
      await node.stop()
      watch.end()
      disk?.unmount()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
