import { readFileSync, writeFileSync } from 'node:fs'
import { configFilesIn } from '../config/config-file.ts'
import { type OutputOptions, print, printJson } from './output.ts'

const CONFIG = `import type { ConfigFile } from 'countersign'

// Every setting: docs/config.md of the package. The commands and \`countersign serve\` read this file, and before it the
// environment and .env; an application hands it to createAuth, which reads nothing by itself.
export default {
  // The URL that clients use: that of your application, where it holds the issuer. Tokens name it, and links in letters
  // lead there. Outside loopback it must be https.
  // issuer: 'http://127.0.0.1:8000',

  // The scopes of your API, each with the sentence that people are shown, and the roles that hold them.
  // scopes: { 'orders:read': 'See your orders' },
  // roles: { user: { scopes: ['profile:read', 'orders:read'] } },

  // Who may register: 'open', 'verified', 'invite' or 'closed'.
  // registration: 'open',
} as const satisfies ConfigFile
`

const DOT_ENV = `# Copy to .env and keep that file out of version control.
# 32 random bytes as base64url; \`npx countersign secret\` makes one. In development one is made for you.
# SECRET_KEY=
# DATABASE_URL=sqlite:./data/countersign.db
# HOST=127.0.0.1
# PORT=8000
# ISSUER=http://127.0.0.1:8000
`

const FRAMEWORKS = ['hono', 'fastify', 'express'] as const

/** What to import, what guards every route and serves the issuer, what to await before serving. */
const MOUNT: Readonly<
  Record<(typeof FRAMEWORKS)[number] | 'node', readonly [imported: string, ...used: string[]]>
> = {
  hono: [
    "import { createAuth } from 'countersign'; import { guard, protect } from 'countersign/hono'",
    'const auth = createAuth(config), guarded = protect(app, auth)',
    'await guarded.ready() // after the routes: app.get(path, guard(auth.signedIn), handler)',
  ],
  express: [
    "import { createAuth } from 'countersign'; import { guard, protect } from 'countersign/express'",
    'const auth = createAuth(config), guarded = protect(app, auth)',
    'await guarded.ready() // after the routes: app.get(path, guard(auth.signedIn), handler)',
  ],
  fastify: [
    "import { createAuth } from 'countersign'; import { guard, protect } from 'countersign/fastify'",
    'const auth = createAuth(config), guarded = protect(app, auth) // before the routes',
    'await guarded.ready() // after them: app.get(path, guard(auth.signedIn), handler)',
  ],
  node: [
    "import { createServer } from 'node:http'; import { createAuth } from 'countersign'; import { nodeListener } from 'countersign/node'",
    'const auth = createAuth(config)',
    'createServer(nodeListener(auth)).listen(8000)',
  ],
}

/** Never writes over a file that is there. */
export async function initCommand({ json }: OutputOptions): Promise<void> {
  const { type, dependencies, devDependencies } = packageHere()
  const [present] = await configFilesIn(process.cwd())
  const config = present ?? `countersign.config.${type === 'commonjs' ? 'mts' : 'ts'}`
  const files = [
    { file: config, written: write(config, CONFIG) },
    { file: '.env.example', written: write('.env.example', DOT_ENV) },
  ]
  const framework = FRAMEWORKS.find((name) => name in { ...dependencies, ...devDependencies }) ?? 'node'
  const [imported, ...used] = MOUNT[framework]
  const lines = [imported, `import config from './${config}'`, ...used]
  if (json) {
    printJson({ files, framework, mount: lines })
    return
  }
  for (const { file, written } of files)
    print(written ? `wrote ${file}` : `${file} is there already: left as it is`)
  print(`\nTo mount the issuer (${framework}):\n\n${lines.map((line) => `  ${line}`).join('\n')}`)
  print('\nOr let it serve by itself: npx countersign serve')
}

function write(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function packageHere(): {
  readonly type?: unknown
  readonly dependencies?: object
  readonly devDependencies?: object
} {
  try {
    return JSON.parse(readFileSync('package.json', 'utf8'))
  } catch {
    return {}
  }
}
