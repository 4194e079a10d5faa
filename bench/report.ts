import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Bar, drawBars } from './picture.ts'

const DOCS = new URL('../docs/', import.meta.url)

/** What was printed by one bench. */
export interface Section {
  readonly name: string
  readonly lines: readonly string[]
}

/** Runs something and keeps what it prints, which is shown at once all the same. */
export async function keepingOutput(run: () => Promise<unknown>): Promise<readonly string[]> {
  const { stdout } = process
  const { write } = stdout
  let text = ''
  stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    return Reflect.apply(write, stdout, [chunk, ...rest])
  }
  try {
    await run()
  } finally {
    stdout.write = write
  }
  return text.trim().split('\n')
}

/** Writes docs/benchmarks.md and its picture. Where it was measured stands in it, for figures of two machines differ. */
export function writeReport(sections: readonly Section[], bars: readonly Bar[]): void {
  const picture = 'benchmarks.svg'
  if (bars.length > 0) {
    writeFileSync(
      new URL(picture, DOCS),
      drawBars(bars, 'Checked requests a second, one core, 32 connections'),
    )
  }
  const text = [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run bench`. -->',
    '',
    'Each section is one run on one machine, everything in it side by side; what counts are the ratios. `npm run bench` makes this page again.',
    'Every guard is first shown seven bad tokens: one that lets any of them in is marked as no guard.',
    '',
    ...machine(),
    '',
    ...(bars.length > 0 ? [`![Checked requests a second, by guard](${picture})`, ''] : []),
    ...sections.flatMap(({ name, lines }) => [`## ${name}`, '', ...asMarkdown(lines), '']),
  ]
  writeFileSync(new URL('benchmarks.md', DOCS), text.join('\n'))
}

function machine(): string[] {
  const [cpu] = cpus()
  const packages = JSON.parse(
    readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'),
  )
  const peers = [
    'better-auth',
    'oidc-provider',
    '@fastify/jwt',
    'hono',
    'passport-jwt',
    'jose',
    'jsonwebtoken',
    'fast-jwt',
  ]
  const versions = peers.flatMap((name) => {
    const version = packages.devDependencies?.[name] ?? packages.dependencies?.[name]
    return version === undefined ? [] : [`${name} ${version}`]
  })
  return [
    `- ${new Date().toISOString().slice(0, 10)}; ${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB; Linux ${release()}; Node ${process.versions.node}`,
    `- ${versions.join(', ')}`,
  ]
}

/** Tables stay tables; what is aligned by spaces stays aligned. */
function asMarkdown(lines: readonly string[]): string[] {
  const out: string[] = []
  let fenced = false
  for (const line of lines) {
    const isAligned = !line.startsWith('|') && /\S {2,}\S/.test(line)
    if (isAligned !== fenced) {
      out.push('```')
      fenced = isAligned
    }
    out.push(line)
  }
  if (fenced) out.push('```')
  return out
}
