import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

/** What a page has to load for a door of ours, as a bundler leaves it. */
async function bundle(door: string, without: string[] = []): Promise<{ bytes: number; needs: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'src', door)],
    absWorkingDir: root,
    bundle: true,
    external: without,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const [file] = outputFiles
  assert.ok(file)
  return { bytes: gzipSync(file.contents, { level: 9 }).length, needs: Object.keys(metafile.inputs) }
}

test('countersign/client is under 6 kB gzipped, and takes nothing but its own folder along', async (t) => {
  const { bytes, needs } = await bundle('client.ts')
  t.diagnostic(`countersign/client: ${bytes} bytes gzipped`)
  assert.ok(bytes < 6000, `${bytes} bytes`)
  assert.deepEqual(
    needs.filter((path) => !/^src\/client(\/|\.ts$)/.test(path)),
    [],
  )
})

test('the doors beside it are tiny', async (t) => {
  // What they share with the client itself a page has once.
  const own = (path: string) => bundle(path, ['./create-client.ts', 'react'])
  for (const [door, limit] of [
    ['client/react.ts', 400],
    ['client/socket.ts', 1000],
    // All ways together; a bundler leaves out those that are not named.
    ['client/sign-in.ts', 4600],
    ['client/cookie.ts', 3000],
  ] as const) {
    const { bytes } = await own(door)
    t.diagnostic(`countersign/${door.replace('.ts', '')}: ${bytes} bytes gzipped`)
    assert.ok(bytes < limit, `${door}: ${bytes} bytes`)
  }
})
