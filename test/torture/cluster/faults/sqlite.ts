import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { type Fault, OFTEN } from '../fault.ts'
import type { SqlitePlace } from '../sqlite-place.ts'

const diskFull: Fault<SqlitePlace> = {
  name: 'sqlite-disk-full',
  counts: OFTEN,
  lastsMilliseconds: 3000,
  missing: ({ disk }) => (disk === undefined ? 'no right to mount a small disk' : undefined),
  begin: async ({ disk }) => disk?.fill(),
  end: async ({ disk }) => disk?.free(),
}

/**
 * The file cannot be written any more, as after a restore by somebody else: a node that is started then says so and
 * serves nobody.
 */
const readOnly: Fault<SqlitePlace> = {
  name: 'sqlite-read-only',
  counts: OFTEN,
  lastsMilliseconds: 0,
  async begin({ nodes: [node], file, disk }, _, ledger) {
    await node.kill()
    // The administrator may write what has no such mode, but nobody on a mount that is for reading.
    if (disk === undefined) chmodSync(file, 0o400)
    else {
      execFileSync('mount', ['--bind', file, file])
      execFileSync('mount', ['-o', 'remount,ro,bind', file])
    }
    const started = await node.start().then(
      () => 'it serves',
      () => node.log(),
    )
    if (/read-only|permission|EROFS|EACCES/i.test(started)) ledger.note('starts refused with the reason')
    else ledger.violation(`a start on a file that cannot be written: ${started}`)
  },
  async end({ nodes: [node], file, disk }) {
    if (disk === undefined) chmodSync(file, 0o600)
    else execFileSync('umount', [file])
    await node.start()
  },
}

export const sqliteFaults = [diskFull, readOnly]
