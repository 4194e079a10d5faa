import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { silentLogger } from '../../src/base/logger.ts'
import { createAuth } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { codeBlocks } from './code-blocks.ts'

test('the tour of the README does what it says', { timeout: 240_000 }, async () => {
  const steps = codeBlocks().filter(({ file, words }) => file === 'README.md' && words[1] === 'tour')
  assert.ok(steps.length >= 6)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tour-'))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const auth = createAuth({ logLevel: 'silent', databaseUrl, secretKey: secretKey() })
  const serving = await serve({ auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  try {
    const script = steps
      .map(({ code }, index) => `echo "== step ${index + 1}"\n${code}\necho`)
      .join('\n')
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${serving.address.port}`)
    const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', script], {
      cwd: folder,
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      timeout: 120_000,
    })
    const [, registered, signedIn, me, dashboard, refreshed, signedOut] = stdout.split(/== step \d+\n/)
    assert.match(registered ?? '', /"email":"alice@example.com"/)
    assert.equal(signedIn?.trim(), '')
    assert.match(me ?? '', /"username":"alice"/)
    assert.match(dashboard ?? '', /HTTP\/1.1 403/)
    assert.match(dashboard ?? '', /scope="admin:dashboard"/)
    assert.match(refreshed ?? '', /"refresh_token":"cs_rt_/)
    assert.match(signedOut ?? '', /HTTP\/1.1 204[\s\S]*HTTP\/1.1 401/)
  } finally {
    await serving.stop()
    rmSync(folder, { recursive: true })
  }
})

function secretKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
