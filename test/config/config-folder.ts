import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { type LoadPlace, loadConfig } from '../../src/config/load.ts'

/** A fresh folder with these files, readable by this user only. */
export async function folderWith(
  t: TestContext,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'config-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  return folder
}

/** The problems of a load, each as people read it. */
export async function problemsOf(place: LoadPlace): Promise<string[]> {
  try {
    await loadConfig(place)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.split('\n').slice(1)
  }
}

/** Asserts that a load has exactly one problem, like this. */
export async function refused(place: LoadPlace, pattern: RegExp): Promise<void> {
  const problems = await problemsOf(place)
  assert.equal(problems.length, 1, problems.join('\n'))
  assert.match(problems[0] ?? '', pattern)
}
