import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const BENCH = fileURLToPath(new URL('../', import.meta.url))
/** As deep as `bench`, so that the build and the packages are found from it. */
const TARGET = fileURLToPath(new URL('../../.bench/', import.meta.url))

/**
 * A server of the bench as JavaScript, as all who serve run it: run as it is, Node's reader of TypeScript stays in its
 * process with 17 MiB. Ours and those of the peers alike.
 */
export async function compiled(script: URL): Promise<string> {
  const path = fileURLToPath(script)
  await build({
    entryPoints: [path],
    outbase: BENCH,
    outdir: TARGET,
    absWorkingDir: ROOT,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'error',
  })
  return `${TARGET}${relative(BENCH, path).replace(/\.ts$/, '.js')}`
}
