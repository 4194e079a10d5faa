import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runNpm } from '../../../scripts/setup/npm.mjs'
import { inClone } from '../../../scripts/setup/places.mjs'
import { execute } from '../../package/packed.ts'

/** A runtime as its makers publish it for one platform: exactly this version with exactly these bytes. */
interface Build {
  readonly name: string
  readonly integrity: string
  /** The program inside of the package. */
  readonly program: string
}

export interface Runtime {
  readonly name: string
  readonly version: string
  /** What stands before the script on its command line. */
  readonly before: readonly string[]
  readonly builds: Readonly<Record<string, Build>>
}

export const BUN: Runtime = {
  name: 'Bun',
  version: '1.4.5',
  before: [],
  builds: {
    'linux-x64': {
      // For processors without AVX2 too.
      name: '@oven/bun-linux-x64-baseline',
      integrity:
        'sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
      program: 'bin/bun',
    },
    'linux-arm64': {
      name: '@oven/bun-linux-aarch64',
      integrity:
        'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
      program: 'bin/bun',
    },
  },
}

export const DENO: Runtime = {
  name: 'Deno',
  version: '2.9.6',
  before: ['run', '--allow-net', '--allow-read', '--allow-env', '--no-lock', '--no-remote'],
  builds: {
    'linux-x64': {
      name: '@deno/linux-x64-glibc',
      integrity:
        'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
      program: 'deno',
    },
    'linux-arm64': {
      name: '@deno/linux-arm64-glibc',
      integrity:
        'sha512-poqhoH9B3nYloigEMPT5t8HY+wBeiuea1An5Q7fqgJzP0SYmWsoS/oUnWO/pEiA4ofzIBy1Elt/in58xKtxEoQ==',
      program: 'deno',
    },
  },
}

const FETCH_SECONDS = 240

/** Why there is none, where it could not be fetched. Bytes that are not the expected ones are no such reason. */
export type Fetched = { readonly path: string } | { readonly missing: string }

/** The program of a runtime, fetched once into the clone. Rejects if what came is not what was expected. */
export async function fetchRuntime({ name, version, builds }: Runtime): Promise<Fetched> {
  const build = builds[`${process.platform}-${process.arch}`]
  if (build === undefined) return { missing: `there is no ${name} for ${process.platform} ${process.arch}` }
  const folder = inClone('.runtimes')
  const place = join(folder, `${name.toLowerCase()}-${version}`)
  const path = join(place, build.program)
  if (existsSync(path)) return { path }
  mkdirSync(folder, { recursive: true })
  const half = mkdtempSync(join(folder, 'half-'))
  try {
    const args = [
      'pack',
      `${build.name}@${version}`,
      '--ignore-scripts',
      '--loglevel=error',
      '--pack-destination',
    ]
    const options = { cwd: half, limitSeconds: FETCH_SECONDS, doing: `fetch ${name} ${version}` }
    const failed = await runNpm([...args, half], options).then(
      () => undefined,
      (error: unknown) => String(error),
    )
    if (failed !== undefined) return { missing: failed }
    const archive = join(half, `${build.name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (found !== build.integrity) throw new Error(`${build.name} ${version} has other bytes: ${found}`)
    await execute(half, 'tar', '-xzf', archive, `package/${build.program}`)
    rmSync(place, { recursive: true, force: true })
    renameSync(join(half, 'package'), place)
    return { path }
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
}
