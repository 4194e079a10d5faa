import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** From process start to the first 200 on a database that exists, and the memory of the idle process. */
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const RUNS = 7
const IDLE_MILLISECONDS = 1500
const BARE = `require('node:http').createServer((q, s) => s.end('{}')).listen(process.env.PORT, '127.0.0.1')`

interface Figures {
  readonly milliseconds: number
  readonly megabytes: number
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
writeFileSync(join(folder, 'bare.cjs'), BARE)
try {
  await measure([MAIN, 'serve'])
  const ours: Figures[] = []
  const bare: Figures[] = []
  for (let run = 0; run < RUNS; run++) {
    ours.push(await measure([MAIN, 'serve']))
    bare.push(await measure([join(folder, 'bare.cjs')]))
  }
  console.log(`Node ${process.versions.node}, ${RUNS} runs in turn: median (least to most)\n`)
  console.log('| | first 200, ms | idle memory, MB |')
  console.log('|---|---|---|')
  console.log(row('countersign serve, SQLite', ours))
  console.log(row('bare node:http', bare))
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(args: readonly string[]): Promise<Figures> {
  const port = await freePort()
  const { PATH = '' } = process.env
  const began = performance.now()
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH, PORT: String(port), LOG_LEVEL: 'silent' },
    stdio: 'ignore',
  })
  try {
    await firstAnswer(`http://127.0.0.1:${port}/readyz`, child)
    const milliseconds = performance.now() - began
    await wait(IDLE_MILLISECONDS)
    return { milliseconds, megabytes: residentMegabytes(child) }
  } finally {
    child.kill()
    await once(child, 'close')
  }
}

async function firstAnswer(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 5000; attempt++) {
    if (child.exitCode !== null) throw new Error('the server ended by itself')
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => undefined,
    )
    if (status === 200) return
    await wait(2)
  }
  throw new Error('no answer')
}

function residentMegabytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function row(name: string, figures: readonly Figures[]): string {
  const column = (values: number[]) => {
    const sorted = values.toSorted((a, b) => a - b).map(Math.round)
    return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`
  }
  const times = column(figures.map(({ milliseconds }) => milliseconds))
  return `| ${name} | ${times} | ${column(figures.map(({ megabytes }) => megabytes))} |`
}
