import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '../cli/bare-environment.ts'
import { SECRET_KEY } from '../flows/issuer.ts'

const TAKE_OVER = fileURLToPath(new URL('./take-over.ts', import.meta.url))

/** Runs `take-over.ts` on the `auth.ts` of a folder; answers with what it complained of. */
export async function takeOver(folder: string, databaseUrl: string): Promise<string> {
  const { HOME = '' } = process.env
  const env = { ...bareEnvironment(), HOME, DATABASE_URL: databaseUrl, SECRET_KEY }
  const child = spawn(process.execPath, [TAKE_OVER, 'auth.ts'], { cwd: folder, env })
  const [said, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return status === 0 ? '' : said + errors
}
