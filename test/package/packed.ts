import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIMIT_MILLISECONDS = 300_000
const OUTPUT_LIMIT = 16 * 1024 * 1024

export const root = join(import.meta.dirname, '..', '..')

/** Runs a program to its end and answers its output; if it fails, rejects with what it said. */
export function execute(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // Node marks the processes of its own tests, and would not run tests inside one.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
    const options = { cwd, env, timeout: LIMIT_MILLISECONDS, maxBuffer: OUTPUT_LIMIT }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const why = error.killed
        ? `not done after ${LIMIT_MILLISECONDS / 1000} s`
        : (error.code ?? error.signal)
      reject(new Error(`${command} ${args[0]} failed (${why}):\n${stderr}${stdout}`))
    })
  })
}

/** The package as a user would get it. */
export interface Packed {
  readonly tarball: string
  /** Paths inside the package. */
  readonly files: readonly string[]
  /** An empty project in which the tarball, and nothing else, was installed. */
  readonly project: string
  /** Makes an empty folder beside the project. */
  emptyFolder(name: string): string
  remove(): void
}

/** Packs this clone, building it if it is stale, and installs the tarball in an empty project. */
export async function packAndInstall(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-package-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const listed: { filename: string; files: { path: string }[] }[] = JSON.parse(
      await execute(root, 'npm', 'pack', '--json', '--silent', '--pack-destination', folder),
    )
    const [packed] = listed
    if (packed === undefined) throw new Error('npm pack listed no package')
    const tarball = join(folder, packed.filename)
    const project = join(folder, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
    await execute(
      project,
      'npm',
      'install',
      tarball,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--silent',
    )
    const emptyFolder = (name: string): string => {
      mkdirSync(join(folder, name))
      return join(folder, name)
    }
    return { tarball, files: packed.files.map(({ path }) => path), project, emptyFolder, remove }
  } catch (error) {
    remove()
    throw error
  }
}
