import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { execute, type Packed, packAndInstall, root } from '../package/packed.ts'
import { launchChromium } from '../servers/chromium.ts'
import { findFreePort } from '../servers/free-port.ts'

export const PASSWORD = 'correct horse battery'

let packed: Packed
before(async () => {
  packed = await packAndInstall()
})
after(() => packed?.remove())

/** An example as its reader has it: a folder of its own, in which the packed tarball was installed. */
export async function install(t: TestContext, name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `countersign-${name}-`))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const example = join(root, 'examples', name)
  const hidden = /(^|[\\/])(node_modules|data|dist|\.next)([\\/]|$)/
  cpSync(example, folder, { recursive: true, filter: (path) => !hidden.test(relative(example, path)) })
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']
  await execute(folder, 'npm', 'install', packed.tarball, ...options)
  return folder
}

export interface Started {
  readonly url: string
  readonly env: Record<string, string>
}

export async function start(
  t: TestContext,
  folder: string,
  program: string,
  { env, url }: Started,
  ...args: readonly string[]
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  for (;;) {
    if (await fetch(url).catch(() => undefined)) return child
    assert.equal(child.exitCode, null, `${program} has ended`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export async function place(extra: (url: string) => Record<string, string> = () => ({})): Promise<Started> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const { PATH = '', HOME = '' } = process.env
  return { url, env: { PATH, HOME, PORT: String(port), ...extra(url) } }
}

/** `npx countersign`, as the reader would call it. */
export async function countersign(
  folder: string,
  env: Record<string, string>,
  args: readonly string[],
  input = '',
) {
  const program = join(folder, 'node_modules/countersign/dist/cli/main.js')
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env })
  child.stdin.end(input)
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { out, err, status: status as number }
}

/** What `npx countersign routes` says when it asks the running application, and its exit status. */
export const probe = (folder: string, { url, env }: Started, app: string) =>
  countersign(folder, env, ['routes', app, '--probe', url, '--rate', '5000'])

export const call = (method: string, address: string, token?: string, json?: unknown) =>
  fetch(address, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })

export async function signIn(url: string, username: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'password', username, password: PASSWORD })
  const answer = await fetch(`${url}/token`, { method: 'POST', body })
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { access_token: string }).access_token
}

export async function signUp(url: string, username: string): Promise<string> {
  const account = { email: `${username}@example.com`, username, password: PASSWORD }
  assert.equal((await call('POST', `${url}/register`, undefined, account)).status, 201)
  return signIn(url, username)
}

export async function withTabs(t: TestContext, story: (tabs: [Page, Page]) => Promise<void>): Promise<void> {
  const browser = await launchChromium()
  t.after(() => browser.close())
  const context = await browser.newContext()
  context.setDefaultTimeout(120_000)
  await story([await context.newPage(), await context.newPage()])
}

export async function signInOnPage(page: Page, name = 'ann'): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export async function addTodo(page: Page): Promise<void> {
  await page.getByLabel('Title').fill('Buy milk')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByText('Buy milk').waitFor()
}
