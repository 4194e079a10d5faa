import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ISSUER, SECRET_KEY, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { copyDatabase, cutLog } from './images/write-ahead-log.ts'
import type { WriterOrder, WriterReport } from './images/writer.ts'
import { readToken, signInMany } from './nodes/sessions.ts'
import type { Attempt, Torture } from './torture.ts'

const SESSIONS = 12
const MOST_REPORTS = 150

/** A writer that has told of its answers, and stands still now. */
interface StoppedWriter {
  readonly newest: readonly string[]
}

/** The process that writes, and the newest token that it has told for each session. */
function startWriter(order: WriterOrder) {
  const child: ChildProcess = fork(new URL('./images/writer.ts', import.meta.url))
  const newest = [...order.tokens]
  let reports = 0
  let wanted = Number.POSITIVE_INFINITY
  let met = (): void => undefined
  const ended = once(child, 'exit').then(() => {
    throw new Error('the writer has ended')
  })
  ended.catch(() => undefined)
  child.on('message', ([session, token]: WriterReport) => {
    newest[session] = token
    reports += 1
    if (reports >= wanted) met()
  })
  child.send(order)
  return {
    /** Stops it in the middle, after so many more answers. */
    async stopAfter(more: number): Promise<StoppedWriter> {
      wanted = reports + more
      const enough = new Promise<void>((resolve) => {
        met = resolve
      })
      await Promise.race([enough, ended])
      stopProcess(child)
      return { newest: [...newest] }
    },
    goOn: () => child.kill('SIGCONT'),
    async end(): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await ended.catch(() => undefined)
    },
  }
}

/** A signal takes a moment to arrive: it stands still when the system says so. */
function stopProcess(child: ChildProcess): void {
  child.kill('SIGSTOP')
  for (let tries = 0; tries < 500; tries += 1) {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(child.pid)], { encoding: 'utf8' })
    if (state.startsWith('T')) return
  }
  throw new Error('the writer does not stop')
}

/** Opens an image as a restarted server would, and asks every client's question. */
async function judge(
  attempt: Attempt,
  path: string,
  newest: readonly string[],
  isCut: boolean,
): Promise<void> {
  const database = new DatabaseSync(path)
  const [check] = database.prepare('PRAGMA integrity_check').all()
  if (check?.integrity_check !== 'ok') attempt.violation(`the image is not sound: ${check?.integrity_check}`)
  database.close()
  const issuer = await startIssuer({ databaseUrl: `sqlite:${path}`, secretKey: SECRET_KEY, issuer: ISSUER })
  try {
    for (const token of newest) await judgeSession(attempt, issuer, token, isCut)
    const ahead = await issuer.auth.events.list({ name: 'session.ahead', limit: 100 })
    attempt.note('of them ahead of their row', ahead.length)
    if (ahead.length > 0 && !isCut) attempt.violation('a killed process has lost a commit')
  } finally {
    await issuer.close()
  }
}

async function judgeSession(
  attempt: Attempt,
  issuer: TestIssuer,
  token: string,
  isCut: boolean,
): Promise<void> {
  const { generation } = readToken(token)
  const key = { 'Idempotency-Key': `after ${token.slice(-16)}` }
  const first = await issuer.refresh(token, key)
  if (first.status === 503 && isCut) {
    attempt.note('held: too far ahead')
    return
  }
  if (first.status !== 200) {
    attempt.violation(`generation ${generation} was confirmed, and now ${first.status} ${first.text}`)
    return
  }
  const text = String(first.body.refresh_token)
  const successor = readToken(text).generation
  if (successor !== generation + 1) attempt.violation(`generation ${successor} came after ${generation}`)
  attempt.note('sessions go on')
  const again = await issuer.refresh(token, key)
  if (again.body.refresh_token !== text) attempt.violation(`two live texts after generation ${generation}`)
  const next = await issuer.refresh(text)
  if (next.status !== 200) attempt.violation(`the answer after a crash does not work: ${next.text}`)
}

export const crashImages: Torture = {
  name: 'crash-images',
  title:
    'B2: SQLite files copied in the middle of a write, the log cut at random: sound, and every session goes on',
  counts: { quick: 4, full: 200, long: 1000 },
  async run(attempt) {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-images-'))
    const path = join(folder, 'data', 'countersign.db')
    mkdirSync(join(folder, 'data'))
    const options = { issuer: ISSUER, secretKey: SECRET_KEY }
    const tokens = (await signInMany(SESSIONS, `sqlite:${path}`, options)).map(({ text }) => text)
    const writer = startWriter({ path, secretKey: SECRET_KEY, tokens })
    try {
      for (let number = 0; number < attempt.count; number += 1) {
        const { newest } = await writer.stopAfter(1 + attempt.below(MOST_REPORTS))
        const image = join(folder, `image-${number}`)
        copyDatabase(path, image)
        writer.goOn()
        // Every other image is what a killed process leaves; the rest have also lost the end of the log.
        const isCut = attempt.random() < 0.5 && cutLog(image, attempt.random)
        attempt.note(isCut ? 'images cut' : 'images whole')
        await judge(attempt, image, newest, isCut)
        for (const suffix of ['', '-wal', '-shm']) rmSync(image + suffix, { force: true })
        attempt.progress(number + 1)
      }
    } finally {
      await writer.end()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
