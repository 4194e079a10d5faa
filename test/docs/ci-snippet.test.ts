import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { builtProgram } from '../../scripts/setup/places.mjs'
import { codeBlocks, root } from './code-blocks.ts'

interface Workflow {
  readonly on: unknown
  readonly permissions: unknown
  readonly jobs: Record<string, { steps: { run?: string; uses?: string }[]; 'timeout-minutes': number }>
}

const { stdout: help } = spawnSync(process.execPath, [builtProgram, 'routes', '--help'], { encoding: 'utf8' })

test('the CI job of the docs is YAML, asks for no rights, and calls commands with options that there are', () => {
  const blocks = codeBlocks().filter(({ words }) => words[0] === 'yaml' && words[1] === undefined)
  const [block] = blocks.filter(({ file }) => file.endsWith('routes.md'))
  assert.ok(block)
  const { jobs, permissions } = parse(block.code) as Workflow
  assert.deepEqual(permissions, { contents: 'read' })
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  assert.ok(steps.every(({ uses, run }) => (uses === undefined) !== (run === undefined)))
  const lines = steps.flatMap(({ run }) => run?.trim().split('\n') ?? [])
  const commands = lines.filter((line) => line.startsWith('npx countersign '))
  assert.equal(commands.length, 2)

  for (const option of commands.flatMap((line) => line.match(/--[a-z-]+/g) ?? [])) {
    assert.match(help, new RegExp(`^ +${option} `, 'm'))
  }
})

test('every option of the command stands in its page', () => {
  const page = readFileSync(join(root, 'docs/routes.md'), 'utf8')
  const options = help.match(/^ +(--[a-z-]+)/gm)?.map((line) => line.trim()) ?? []
  assert.ok(options.length >= 12, help)
  assert.deepEqual(
    options.filter((option) => !page.includes(option)),
    [],
  )
})
