/**
 * What a flood of sign-ins does to everybody else: 500 wrong passwords a second from 2,000 addresses against one process,
 * while a checked route is asked as before and people sign in with the browsers they know. Who asks has the same cores as
 * the server: of two, quiet, it takes one, so what is left in the flood is less than the server could answer.
 * `BENCH_SECONDS` (60), `BENCH_TRIES_A_SECOND` (500), `BENCH_ONLY`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { askAtRate, askWithoutRest } from './flood/checked-load.ts'
import { bodyOf } from './flood/sign-in.ts'
import {
  ACCOUNTS,
  emailOf,
  PASSWORD,
  PYTHON,
  startTarget,
  type Target,
  type TargetName,
} from './flood/target.ts'
import { residentMebibytes } from './load/memory.ts'

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60)
const PER_SECOND = Number(process.env.BENCH_TRIES_A_SECOND ?? 500)
const CHECKED_PER_SECOND = 100
const FLOOD = fileURLToPath(new URL('./flood/flood.ts', import.meta.url))
/** One after the other, so that none waits for another. */
const PEOPLE = 30
const IN_TIME_MILLISECONDS = 2000

const hasFastApi =
  spawnSync(PYTHON, ['-c', 'import fastapi, jose, uvicorn, passlib, bcrypt, multipart'], { stdio: 'ignore' })
    .status === 0
const names: readonly TargetName[] = [
  'countersign',
  'better-auth',
  ...(hasFastApi ? (['fastapi'] as const) : []),
]

console.log(`Node ${process.versions.node}; ${PER_SECOND} tries a second for ${SECONDS} s\n`)
console.log(
  '| | checked route, quiet: p50, p99 | in the flood: p50, p99 | requests/s, quiet | in the flood | people in within 2 s | MiB, before | most | answers to the flood |',
)
console.log('|---|---|---|---|---|---|---|---|---|')
for (const name of names) {
  if (process.env.BENCH_ONLY === undefined || process.env.BENCH_ONLY === name) console.log(await row(name))
}
if (!hasFastApi) {
  console.log(
    '\nFastAPI is not here (Debian: python3-fastapi python3-passlib python3-bcrypt python3-jose python3-multipart uvicorn): not measured.',
  )
}

async function row(name: TargetName): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-flood-'))
  const target = await startTarget(name, folder)
  try {
    const people = await meetPeople(target)
    await askWithoutRest(target, 1000)
    const share = Math.max(2, SECONDS / 3) * 1000
    const quiet = await askAtRate(target, CHECKED_PER_SECOND, Math.min(share, 10_000))
    const quietRate = await askWithoutRest(target, Math.min(share, 5000))
    const before = residentMebibytes(target.pid)

    let most = before
    const watch = setInterval(() => (most = Math.max(most, residentMebibytes(target.pid))), 200)
    const flood = startFlood(target)
    const signedIn = signPeopleIn(target, people)
    await wait(share / 2)
    const flooded = await askAtRate(target, CHECKED_PER_SECOND, share)
    const floodedRate = await askWithoutRest(target, share)
    const [inTime, answers] = [await signedIn, await flood]
    clearInterval(watch)
    const cells = [
      name,
      times(quiet),
      times(flooded),
      quietRate.toFixed(0),
      `${floodedRate.toFixed(0)} (${((100 * floodedRate) / quietRate).toFixed(0)} %)`,
      `${((100 * inTime) / PEOPLE).toFixed(0)} %`,
      before.toFixed(0),
      most.toFixed(0),
      Object.entries(answers)
        .sort()
        .map(([status, count]) => `${status}: ${count}`)
        .join(', '),
    ]
    return `| ${cells.join(' | ')} |`
  } finally {
    await target.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** People sign in once before the flood; the cookies that they are given they keep. */
async function meetPeople(target: Target): Promise<string[]> {
  const cookies: string[] = []
  for (let number = 0; number < PEOPLE; number += 1) cookies.push((await signIn(target, number, '')).cookie)
  return cookies
}

async function signPeopleIn(target: Target, cookies: readonly string[]): Promise<number> {
  const pause = (SECONDS * 1000 * 0.9) / PEOPLE
  const ends = performance.now() + SECONDS * 1000
  let inTime = 0
  for (const [number, cookie] of cookies.entries()) {
    const began = performance.now()
    // Those before have waited so long that the flood is over: nobody else came in during it.
    if (began > ends) break
    const { status } = await signIn(target, number, cookie).catch(() => ({ status: 0 }))
    const took = performance.now() - began
    if (status === 200 && took <= IN_TIME_MILLISECONDS) inTime += 1
    await wait(Math.max(0, pause - took))
  }
  return inTime
}

async function signIn({ port, signIn: form }: Target, number: number, cookie: string) {
  // Among those that the flood tries.
  const { text, headers } = bodyOf(form, emailOf(number % ACCOUNTS), PASSWORD)
  const { 'content-length': _, ...sent } = headers
  const response = await fetch(`http://127.0.0.1:${port}${form.path}`, {
    method: 'POST',
    body: text,
    headers: { ...sent, ...(cookie !== '' && { cookie }), 'x-forwarded-for': `192.0.2.${1 + number}` },
    signal: AbortSignal.timeout(5 * IN_TIME_MILLISECONDS),
  })
  await response.text()
  const set = response.headers.getSetCookie().map((value) => value.split(';')[0] ?? '')
  return { status: response.status, cookie: set.join('; ') }
}

/** Resolves to what came of it, when it is over. */
function startFlood(target: Target): Promise<Record<string, number>> {
  const child: ChildProcess = spawn(process.execPath, [FLOOD], { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  const { port, signIn: form, checked } = target
  const order = {
    served: { port, signIn: form, checked },
    perSecond: PER_SECOND,
    milliseconds: SECONDS * 1000,
  }
  stdin.end(`${JSON.stringify(order)}\n`)
  return once(createInterface({ input: stdout }), 'line').then(([line]) => JSON.parse(line))
}

function times({ p50, p99 }: { readonly p50: number; readonly p99: number }): string {
  return `${p50.toFixed(2)} ms, ${p99.toFixed(2)} ms`
}
