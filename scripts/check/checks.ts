import { runStep } from '../setup/child.mjs'
import { inClone, root } from '../setup/places.mjs'

/** Against what hangs: a quiet machine takes ten seconds, and one with many at work has taken two minutes. */
const LIMIT_SECONDS = 600

/** How one check ended. */
export interface CheckResult {
  readonly name: string
  readonly passed: boolean
  readonly output: string
  readonly seconds: number
}

export interface CheckOptions {
  /** Let the formatter and the linter change what they can change safely. */
  readonly fix?: boolean
}

/** Types, lint and format, the shape of the tree, and generated documents, side by side. */
export function runChecks({ fix = false }: CheckOptions = {}): Promise<CheckResult[]> {
  return Promise.all([
    check('types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--pretty', 'false']),
    check('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', ...(fix ? ['--write'] : []), '.']),
    check('tidy', ['scripts/tidy/main.ts']),
    check('docs', ['scripts/docs/main.ts', '--check']),
  ])
}

async function check(
  name: string,
  [program = '', ...args]: readonly [string, ...string[]],
): Promise<CheckResult> {
  const since = performance.now()
  const options = { cwd: root, limitSeconds: LIMIT_SECONDS }
  const { code, output, overtime } = await runStep(process.execPath, [inClone(program), ...args], options)
  return {
    name,
    passed: code === 0,
    output: overtime ? `${output}\nstopped after ${LIMIT_SECONDS} s` : output,
    seconds: (performance.now() - since) / 1000,
  }
}

/** What a reader needs of the results: nothing but a line of those that passed, all of those that did not. */
export function reportChecks(results: readonly CheckResult[]): string {
  return results
    .map(({ name, passed, output, seconds }) => {
      const line = `${name}: ${passed ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`
      return passed ? `${line}\n` : `${line}\n${output.trimEnd()}\n`
    })
    .join('')
}
