#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { explainFailure } from './failure.ts'

/** Each command loads its own parts, so that none waits for what it does not use. */
const program = new Command('countersign')
  .description('Authentication for TypeScript APIs')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(countersign --help lists the commands)')

program
  .command('serve')
  .description('serve the issuer; data in ./data unless configured otherwise')
  .action(async () => (await import('./serve.ts')).serveCommand())

program
  .command('migrate')
  .description("bring the database's schema forward")
  .option('--dry-run', 'say what would be done, and how many rows there are')
  .option('--json', 'for programs')
  .action(async (options) => (await import('./migrate.ts')).migrateCommand(options))

program
  .command('config')
  .description('show the effective settings, secrets masked, and where each came from')
  .option('--json', 'for programs')
  .action(async (options) => (await import('./config.ts')).configCommand(options))

program
  .command('secret')
  .description('make a new key for SECRET_KEY')
  .option('--json', 'for programs')
  .action(async (options) => (await import('./secret.ts')).secretCommand(options))

program
  .command('init')
  .description('write a commented configuration here and say how to mount it')
  .option('--json', 'for programs')
  .action(async (options) => (await import('./init.ts')).initCommand(options))

program
  .command('version')
  .description('print the version')
  .option('--json', 'for programs')
  .action(async (options) => (await import('./version.ts')).versionCommand(options))

const users = program.command('users').description('accounts')
const loadUsers = () => import('./users.ts')
const PASSWORD_HINT = 'The password is asked for, or read from standard input; it is never an option.'

users
  .command('create')
  .description('make an account')
  .requiredOption('--email <address>')
  .option('--username <name>')
  .option('--role <name...>', 'besides those of every account')
  .option('--json', 'for programs')
  .addHelpText('after', `\n${PASSWORD_HINT}`)
  .action(async (options) => (await loadUsers()).createUser(options))
users
  .command('list')
  .description('all accounts, oldest first')
  .option('--limit <count>', 'at most this many', '100')
  .option('--after <id>', 'go on behind this account')
  .option('--json', 'for programs')
  .action(async (options) => (await loadUsers()).listUsers(options))
for (const [name, description] of [
  ['show', 'one account'],
  ['disable', 'end every session and refuse sign-ins'],
  ['enable', 'let sign in again'],
] as const) {
  users
    .command(`${name} <login>`)
    .description(description)
    .option('--json', 'for programs')
    .action(async (login, options) => (await loadUsers()).changeUser(name, login, options))
}
users
  .command('set-role <login> <role...>')
  .description('give exactly these roles')
  .option('--json', 'for programs')
  .action(async (login, roles, options) => (await loadUsers()).setRoles(login, roles, options))
users
  .command('set-password <login>')
  .description('give a new password and end every session')
  .option('--json', 'for programs')
  .addHelpText('after', `\n${PASSWORD_HINT}`)
  .action(async (login, options) => (await loadUsers()).setPassword(login, options))

const sessions = program.command('sessions').description('where accounts are signed in')
const loadSessions = () => import('./sessions.ts')

sessions
  .command('list <login>')
  .description('the live sessions of an account, last used first')
  .option('--json', 'for programs')
  .action(async (login, options) => (await loadSessions()).listSessions(login, options))
sessions
  .command('end <login> <id>')
  .description('end one')
  .option('--json', 'for programs')
  .action(async (login, id, options) => (await loadSessions()).endSession(login, id, options))
sessions
  .command('end-all <login>')
  .description('sign an account out everywhere')
  .option('--json', 'for programs')
  .action(async (login, options) => (await loadSessions()).endAllSessions(login, options))

program
  .command('events')
  .description('who did what, when, from where; newest first')
  .option('--user <login>', 'of one account: name, address or id')
  .option('--name <event>', 'of one kind, such as session.reuse')
  .option('--cause <code>', 'that carry this cause of a refusal')
  .option('--since <time>', 'not before: a time, or how long ago (15m, 24h, 7d)')
  .option('--limit <count>', 'at most this many', '50')
  .option('--follow', 'go on showing what happens, oldest first')
  .option('--json', 'for programs; with --follow one line for each event')
  .action(async (options) => (await import('./events.ts')).showEvents(options))

program.parseAsync().catch(leave)

function leave(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
    return
  }
  process.stderr.write(`${explainFailure(error)}\n`)
  process.exitCode = 1
}
