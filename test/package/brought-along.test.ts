import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './packed.ts'

interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(read('package.json'))
const lock: { packages: Record<string, Locked> } = JSON.parse(read('package-lock.json'))
const broughtAlong = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true)

test('G-18: at most twelve dependencies at run time, each of one version, locked by its content, without an install script', () => {
  const named = Object.entries(dependencies)
  assert.ok(named.length <= 12, `${named.length} dependencies`)
  assert.deepEqual(
    lock.packages['']?.dependencies,
    dependencies,
    'the lock file is that of this package.json',
  )
  for (const [name, version] of named) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name)
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version)
  }
  assert.ok(broughtAlong.length > named.length)
  for (const [path, { integrity, hasInstallScript }] of broughtAlong) {
    assert.match(integrity ?? '', /^sha512-/, path)
    assert.notEqual(hasInstallScript, true, path)
  }
})

test('G-18: a release is tested, audited, listed with what it brings along, and proves where it was built', () => {
  const release = read('.github/workflows/release.yml')
  const steps = [...release.matchAll(/- run: (.+)/g)].map(([, step = '']) => step)
  const at = (start: string) => steps.findIndex((step) => step.startsWith(start))
  const order = ['.ci/run', 'npm audit --omit dev', 'npm sbom ', 'npm publish --provenance'].map(at)
  assert.ok(!order.includes(-1), steps.join(', '))
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    'nothing is published that was not looked at',
  )
  assert.match(release, /id-token: write/)
})
