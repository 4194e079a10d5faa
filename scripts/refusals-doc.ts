/**
 * Writes docs/refusals.md from the catalogue: `node scripts/refusals-doc.ts`.
 * With `--check` it writes nothing and exits with status 1 when the file is not up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Group } from '../src/errors/catalogue/group.ts'
import { clientCodes } from '../src/errors/client-codes.ts'
import { type CatalogueEntry, catalogue } from '../src/errors/codes.ts'

const file = new URL('../docs/refusals.md', import.meta.url)

const groups: Readonly<Record<Group, string>> = {
  transport: 'The credential on its way',
  proxy: 'Proxies, browsers and cookies',
  format: 'The form of a token',
  keys: 'Keys and signatures',
  time: 'Clocks and lifetimes',
  issuer: 'Issuer and audience',
  revocation: 'Revocation',
  account: 'Accounts and passwords',
  permission: 'Scopes, roles and routes',
  refresh: 'Refreshing',
  'code flow': 'Sign-in by redirect',
  client: 'Clients, DPoP and API keys',
  limits: 'Limits',
  wiring: 'Wiring of the application',
  docs: 'The docs page',
  socket: 'WebSockets',
  replicas: 'Several processes',
  request: 'The request itself',
  service: 'The service',
}

const introduction = `# Refusals: what happened and what to do

<!-- Written by scripts/refusals-doc.ts from src/errors. Change the catalogue, then run the script. -->

Every refusal has one **cause**, an upper-case code such as \`TOKEN_EXPIRED\`. The log, the metrics and
the events name it. The client is not told the cause, since that would help whoever
tries doors. It gets one of a few lower-case **client codes**, a sentence it can act on, and a **reference**.

To find out why somebody was refused, ask for the reference: \`countersign doctor ref REFERENCE\` tells what
happened, and the log line under it names the cause; look for it on this page. The doctor finds the causes in
tokens, calls and documents of other services too: [doctor.md](doctor.md).

This page also lists causes that cannot occur here, each with the reason. They are met in other systems, and
the doctor recognises them in what it is shown.

`

/** The text of docs/refusals.md. */
export function refusalsDoc(): string {
  return `${introduction}${clientCodeTable()}\n${Object.keys(groups).map(groupSection).join('\n')}`
}

function clientCodeTable(): string {
  const rows = Object.entries(clientCodes).map(
    ([code, { status, sentence }]) => `| <a id="${code}"></a>\`${code}\` | ${status} | ${sentence} |\n`,
  )
  return `## What the client is told\n
One cause can be met in two places: a session that has ended is \`invalid_grant\` at the token endpoint and
\`token_invalid\` at a checked route.\n
| Client code | Status | Sentence |\n| --- | --- | --- |\n${rows.join('')}`
}

function groupSection(group: string): string {
  const rows = Object.entries<CatalogueEntry>(catalogue)
    .filter(([, entry]) => entry.group === group)
    .map(
      ([code, entry]) =>
        `| ${cell(entry.meaning)} | <a id="${code}"></a>\`${code}\` | ${seen(entry)} | ${remedy(entry)} |\n`,
    )
  return `## ${groups[group as Group]}\n
| What happened | Cause | The client sees | What to do |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

/** The sentence is repeated only where it is not the one in the table of client codes. */
function seen({ clientCode, status, sentence, effect }: CatalogueEntry): string {
  if (clientCode === 'none') return effect === 'accepted' ? 'nothing: it is accepted' : 'no answer of ours'
  const ownSentence = sentence === clientCodes[clientCode].sentence ? '' : `: ${cell(sentence)}`
  return `${status} \`${clientCode}\`${ownSentence}`
}

function remedy({ hint, prevented }: CatalogueEntry): string {
  return prevented ? `${cell(hint)}<br>**Prevented here.** ${cell(prevented)}` : cell(hint)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) writeFileSync(file, refusalsDoc())
  else if (readFileSync(file, 'utf8') !== refusalsDoc()) {
    console.error('docs/refusals.md is not up to date: run node scripts/refusals-doc.ts')
    process.exitCode = 1
  }
}
