/**
 * Writes what follows from the configuration schema: the tables of docs/config.md, whose other text is written by hand,
 * and docs/config.schema.json. `node scripts/config-doc.ts`; with `--check` it writes nothing and exits with status 1
 * when one of them is not up to date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { valueInWords } from '../src/config/describe.ts'
import { Secret } from '../src/config/secret.ts'
import { Derived, type Setting } from '../src/config/setting.ts'
import { accounts } from '../src/config/settings/accounts.ts'
import { address } from '../src/config/settings/address.ts'
import { brand } from '../src/config/settings/brand.ts'
import { browserSessions } from '../src/config/settings/browser-sessions.ts'
import { mail } from '../src/config/settings/mail.ts'
import { BUILT_IN_ROLES, BUILT_IN_SCOPES, permissions } from '../src/config/settings/permissions.ts'
import { providers } from '../src/config/settings/providers.ts'
import { secrets } from '../src/config/settings/secrets.ts'
import { service } from '../src/config/settings/service.ts'
import { storage } from '../src/config/settings/storage.ts'
import { tokens } from '../src/config/settings/tokens.ts'
import { webhooks } from '../src/config/settings/webhooks.ts'
import { entryOf, SETTING_NAMES } from '../src/config/settings.ts'

const page = new URL('../docs/config.md', import.meta.url)
const schema = new URL('../docs/config.schema.json', import.meta.url)

const groups: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  Address: address,
  Secrets: secrets,
  Storage: storage,
  'Tokens and sessions': tokens,
  'Browser sessions': browserSessions,
  Accounts: accounts,
  'Sign-in with others': providers,
  Mail: mail,
  'Scopes and roles': permissions,
  Pages: brand,
  Service: service,
  Webhooks: webhooks,
}

const BEGIN = /<!-- settings: .* -->\n/
const END = '<!-- end of settings -->'

/** The text of docs/config.md: as it is, with the tables written anew. */
export function configPage(current: string): string {
  const begin = BEGIN.exec(current)
  const end = current.indexOf(END)
  if (!begin || end < begin.index) throw new Error('docs/config.md: the marks round the settings are gone')
  return current.slice(0, begin.index + begin[0].length) + tables() + current.slice(end)
}

function tables(): string {
  const sections = Object.entries(groups).map(([title, settings]) => {
    const more = settings === permissions ? builtIn() : ''
    return `\n### ${title}\n\n${table(settings)}\n${more}`
  })
  return `${sections.join('')}\n`
}

function table(settings: Readonly<Record<string, Setting>>): string {
  const rows = Object.entries(settings).map(([name, entry]) =>
    [
      `\`${name}\``,
      variable(entry),
      fallback(entry),
      `${entry.description} Takes ${entry.kind.expects}.`,
    ].map((cell) => cell.replaceAll('|', '\\|')),
  )
  const head = ['In code', 'Environment', 'Default', 'Meaning']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function variable({ environment, secret }: Setting): string {
  if (environment === undefined) return ''
  return `\`${environment}\`${secret ? '<br>*secret*' : ''}`
}

function fallback({ default: value }: Setting): string {
  if (value instanceof Derived) return value.inWords
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  if (value === providers.providers.default) return 'none'
  if (value === permissions.scopes.default || value === permissions.roles.default) return 'see below'
  return `\`${value instanceof Secret ? value : valueInWords(value)}\``
}

/** The scopes and roles that are there without being declared. */
function builtIn(): string {
  const scopes = Object.entries(BUILT_IN_SCOPES).map(
    ([name, sentence]) => `| \`${name}\` | ${sentence} | |\n`,
  )
  const roles = Object.entries(BUILT_IN_ROLES).map(
    ([name, { description = '', scopes: held }]) =>
      `| \`${name}\` | ${description} | ${held.map((scope) => `\`${scope}\``).join(', ')} |\n`,
  )
  return `\n| Built in | Meaning | Holds |\n| --- | --- | --- |\n${scopes.join('')}${roles.join('')}`
}

/** The text of docs/config.schema.json: what may stand in a configuration file, functions apart. */
export function configSchema(): string {
  const properties = Object.fromEntries(SETTING_NAMES.map((name) => [name, schemaOf(entryOf(name))]))
  const whole = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of Countersign, by their names in code',
    type: 'object',
    properties,
    additionalProperties: false,
  }
  return `${JSON.stringify(whole, undefined, 2)}\n`
}

function schemaOf({ kind, environment, description, secret, default: value }: Setting): object {
  const { $schema: _, ...own } = z.toJSONSchema(kind.schema, {
    io: 'input',
    unrepresentable: 'any',
    // Lists that may not be changed afterwards would be called read-only, which says something else there.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly
    },
  })
  const variable = environment === undefined ? {} : { 'x-environment': environment }
  const fixed = secret || value instanceof Derived || value === undefined ? {} : { default: value }
  return { description, ...own, ...fixed, ...variable }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const documents = [
    { file: page, now: readFileSync(page, 'utf8'), due: configPage(readFileSync(page, 'utf8')) },
    { file: schema, now: existsSync(schema) ? readFileSync(schema, 'utf8') : '', due: configSchema() },
  ]
  for (const { file, now, due } of documents) {
    if (now === due) continue
    if (!process.argv.includes('--check')) writeFileSync(file, due)
    else {
      console.error(`${fileURLToPath(file)} is not up to date: run node scripts/config-doc.ts`)
      process.exitCode = 1
    }
  }
}
