import { copyFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs'

/** SQLite's own numbers: sqlite.org/fileformat2.html#walformat and walformat.html#wal_index_header. */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const PAGE_SIZE_AT = 8
const INDEX_ATTEMPTED_AT = 128

/** A point in time of a database, as its files would be found after the power failed. */
export function copyDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
  }
}

/**
 * Cuts the copy's log at a random byte, as if the last writes had never reached the disk. What a checkpoint has begun
 * to carry over had reached the disk before, so the log is never cut in front of that. Answers whether it was cut.
 */
export function cutLog(path: string, random: () => number): boolean {
  const log = `${path}-wal`
  if (!existsSync(log) || statSync(log).size <= HEADER_BYTES) return false
  const pageSize = readFileSync(log).readUInt32BE(PAGE_SIZE_AT)
  const index = readFileSync(`${path}-shm`)
  const carriedOver = index.readUInt32LE(INDEX_ATTEMPTED_AT)
  const least = HEADER_BYTES + carriedOver * (pageSize + FRAME_HEADER_BYTES)
  const { size } = statSync(log)
  if (least >= size) return false
  truncateSync(log, least + Math.floor(random() * (size - least)))
  return true
}
