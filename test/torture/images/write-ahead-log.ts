import { copyFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs'

/** SQLite's own numbers: sqlite.org/fileformat2.html#walformat and walformat.html#wal_index_header. */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const PAGE_SIZE_AT = 8
const INDEX_FRAMES_AT = 16
const INDEX_ATTEMPTED_AT = 128

/** A point in time of a database, as its files would be found after the power failed. */
export function copyDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
  }
}

/**
 * Cuts the copy's log, as if the last writes had never reached the disk: often the last few, sometimes nearly all. What
 * a checkpoint has begun to carry over had reached the disk before, so the log is never cut in front of that. Answers
 * whether it was cut.
 */
export function cutLog(path: string, random: () => number): boolean {
  const log = `${path}-wal`
  if (!existsSync(log) || statSync(log).size <= HEADER_BYTES) return false
  const frameBytes = readFileSync(log).readUInt32BE(PAGE_SIZE_AT) + FRAME_HEADER_BYTES
  const index = readFileSync(`${path}-shm`)
  const frames = index.readUInt32LE(INDEX_FRAMES_AT)
  const frozen = index.readUInt32LE(INDEX_ATTEMPTED_AT)
  if (frozen >= frames) return false
  const lost = (frames - frozen) ** random()
  truncateSync(log, HEADER_BYTES + Math.floor((frames - lost) * frameBytes))
  return true
}
