import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runStep } from './child.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Runs npm, the one that started us if any, and turns its failure into one message.
 * @param {readonly string[]} args
 * @param {{ cwd: string, limitSeconds: number, doing: string }} options `doing`: what this is for, "install packages"
 */
export async function runNpm(args, { cwd, limitSeconds, doing }) {
  const { command, before, shell } = findNpm()
  const ended = await runStep(command, [...before, ...args, ...PATIENCE], { cwd, limitSeconds, shell }).catch(
    (error) => {
      if (error?.code !== 'ENOENT') throw error
      throw new SetupError(`Cannot ${doing}: npm was not found. It comes with Node.js: put both on the PATH.`)
    },
  )
  if (ended.overtime) {
    throw new SetupError(
      `Cannot ${doing}: npm took longer than ${limitSeconds} s and was stopped. ${NETWORK_ADVICE}`,
    )
  }
  if (ended.code !== 0) throw new SetupError(`Cannot ${doing}: ${explain(ended.output)}`)
}

/** Its own retries would keep somebody without a network waiting for a minute before the message. */
const PATIENCE = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']

function findNpm() {
  const started = process.env.npm_execpath
  const home = dirname(process.execPath)
  const candidates = [
    started !== undefined && basename(started) === 'npm-cli.js' ? started : undefined,
    join(home, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(home, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ]
  const script = candidates.find((path) => path !== undefined && existsSync(path))
  if (script !== undefined) return { command: process.execPath, before: [script], shell: false }
  return { command: 'npm', before: [], shell: process.platform === 'win32' }
}

const NETWORK_ADVICE =
  'Check the network, the proxy settings and `npm config get registry`, then run the same command again; nothing is left half done.'

/**
 * One line out of npm's many.
 * @param {string} output
 */
export function explain(output) {
  const lines = output
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('A complete log of this run'))
  const code = lines.find((line) => line.startsWith('code '))?.slice('code '.length) ?? ''
  if (
    /^(E(AI_AGAIN|CONN|HOST|NET|NOTFOUND|TIMEDOUT|SOCKETTIMEDOUT|PROTO|PIPE|50\d|429)|ERR_SOCKET)/.test(code)
  ) {
    return `the package registry could not be reached (${code}). ${NETWORK_ADVICE}`
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return `npm may not write where it has to (${code}). Make this folder and npm's cache writable for you, then run the same command again.`
  }
  if (code === 'ENOSPC') return 'no space is left on the disk. Free some, then run the same command again.'
  const said = lines.slice(0, 6).join('\n  ') || output.trim().split('\n').slice(-6).join('\n  ')
  return `npm failed and said:\n  ${said || 'nothing'}`
}
