#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { countUpTo } from './arguments.ts'
import { explainFailure } from './failure.ts'
import { NoVerdict } from './no-verdict.ts'
import { oldNode } from './old-node.ts'

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
  .option('--restored', 'the database was put back from a backup: make void what must not live again')
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
  .command('routes')
  .description(
    'list the routes of an application, keep the list, or ask a running one whether it keeps its word',
  )
  .argument('[app]', 'a module that exports the application; without one, the routes of the issuer itself')
  .option('--export <name>', 'what the module calls it, where that is none of default, app, createApp, …')
  .option('--write', 'keep the list in a file, for reviews')
  .option('--check', 'compare with the list that was kept')
  .option('--lock <file>', 'that file', 'countersign.routes.json')
  .option(
    '--probe <url>',
    'send each route missing, forged, stale and good credentials, and judge the answers',
  )
  .option('--openapi <file|url>', 'probe any API by its OpenAPI document (JSON)')
  .option('--issuer', 'make tokens with the issuer configured here (default for an application)')
  .option('--no-issuer', 'make tokens without a key')
  .option('--audience <id>', 'the audience of the tokens, where it is not the configured one')
  .option('--token-file <file>', 'a good token of another issuer; - reads standard input')
  .option('--jwks <file|url>', 'the public keys of another issuer (default: /.well-known/jwks.json there)')
  .option('--unsafe', 'send good tokens by methods that change things, too')
  .option('--rate <number>', 'requests per second, at most', '100')
  .option('--time-limit <seconds>', 'for the whole', '300')
  .option('--wait <seconds>', 'for a server that is just being started', '0')
  .option('--json', 'for programs')
  .addHelpText(
    'after',
    '\nExit status: 0 all as declared, 1 something is wrong or not proven, 2 could not be tried.',
  )
  .action(async (app, options) => (await import('./routes.ts')).routesCommand(app, options))

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
  .option('--limit <count>', 'at most this many', countUpTo(10_000), 100)
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

users
  .command('sessions <login>')
  .description('where an account is signed in, as `sessions list` shows it')
  .option('--json', 'for programs')
  .action(async (login, options) => (await import('./sessions.ts')).listSessions(login, options))

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

const clients = program.command('clients').description('applications that get tokens')
const loadClients = () => import('./clients.ts')

function withRegistration(command: Command): Command {
  return command
    .option('--grant <type...>', 'client_credentials, authorization_code, refresh_token')
    .option('--scope <name...>', 'the scopes it may ask for')
    .option('--redirect-uri <uri...>', 'where the code flow may lead back to, exactly')
    .option(
      '--auth-method <name>',
      'client_secret_basic, client_secret_post, private_key_jwt, or none for a public client',
    )
    .option('--no-pkce', 'take its authorization requests without a PKCE challenge')
    .option('--jwks <file>', 'its public keys, for private_key_jwt')
    .option('--json', 'for programs')
}

withRegistration(
  clients
    .command('create')
    .description('register a client; its secret is printed once')
    .requiredOption('--name <text>', 'for people')
    .option('--id <id>', 'random unless given'),
).action(async (options) => (await loadClients()).createClient(options))
clients
  .command('list')
  .description('all clients, oldest first')
  .option('--limit <count>', 'at most this many', countUpTo(10_000), 100)
  .option('--after <id>', 'go on behind this client')
  .option('--json', 'for programs')
  .action(async (options) => (await loadClients()).listClients(options))
clients
  .command('show <id>')
  .description('one client')
  .option('--json', 'for programs')
  .action(async (id, options) => (await loadClients()).showClient(id, options))
withRegistration(
  clients
    .command('update <id>')
    .description('change what is named; a lost scope ends its access tokens')
    .option('--name <text>', 'for people')
    .option('--disable', 'give it nothing, and end its access tokens')
    .option('--enable', 'let it go on'),
).action(async (id, options) => (await loadClients()).updateClient(id, options))
clients
  .command('rotate-secret <id>')
  .description('make a new secret, printed once; the former one stays good for a while')
  .option('--former-hours <count>', 'for how long', countUpTo(2160), 24)
  .option('--leaked', 'end the former secret and every access token of the client now')
  .option('--json', 'for programs')
  .action(async (id, options) => (await loadClients()).rotateSecret(id, options))
clients
  .command('delete <id>')
  .description('remove a client; its sessions and tokens end')
  .option('--json', 'for programs')
  .action(async (id, options) => (await loadClients()).deleteClient(id, options))

program
  .command('events')
  .description('who did what, when, from where; newest first')
  .option('--user <login>', 'of one account: name, address or id')
  .option('--name <event>', 'of one kind, such as session.reuse')
  .option('--cause <code>', 'that carry this cause of a refusal')
  .option('--since <time>', 'not before: a time, or how long ago (15m, 24h, 7d)')
  .option('--limit <count>', 'at most this many', countUpTo(10_000), 50)
  .option('--follow', 'go on showing what happens, oldest first')
  .option('--json', 'for programs; with --follow one line for each event')
  .action(async (options) => (await import('./events.ts')).showEvents(options))

const keys = program.command('keys').description('the keys that tokens are signed with')
const loadKeys = () => import('./keys.ts')
const use = ['--use <use>', 'access: access tokens, id: ID tokens', 'access'] as const

keys
  .command('list')
  .description('every key, its phase and its next step; which nodes serve them')
  .option('--json', 'for programs')
  .action(async (options) => (await loadKeys()).listKeys(options))
keys
  .command('rotate')
  .description('make the next key, or let it take over once that is allowed; refuses no token')
  .option(...use)
  .option(
    '--now',
    'for a key that somebody else may have: refuse all that was signed, and say how much that is',
  )
  .option('--yes', 'go on without being asked')
  .option('--json', 'for programs')
  .action(async (options) => (await loadKeys()).rotateKeys(options))
keys
  .command('retire <kid>')
  .description('take out a key that has never signed, or whose last token has ended')
  .option('--json', 'for programs')
  .action(async (kid, options) => (await loadKeys()).retireKey(kid, options))
keys
  .command('revoke <kid>')
  .description('withdraw one key: every token it signed is refused')
  .option('--yes', 'go on without being asked')
  .option('--json', 'for programs')
  .action(async (kid, options) => (await loadKeys()).revokeKey(kid, options))
keys
  .command('import')
  .description('take in a key pair as the next key: a private JWK, or PEM with --algorithm')
  .option('--file <path>', 'read it there, instead of from standard input')
  .option(...use)
  .option('--algorithm <name>', 'what a PEM is for, such as ES256')
  .option('--json', 'for programs')
  .action(async (options) => (await loadKeys()).importKey(options))
keys
  .command('export')
  .description('show the HS256 secret, for another service that checks our tokens; private keys never leave')
  .option('--json', 'for programs')
  .action(async (options) => (await loadKeys()).exportSecret(options))
keys
  .command('export-public [kid]')
  .description('print the public keys as verifiers get them')
  .option('--pem', 'as PEM instead of a JWK set')
  .action(async (kid, options) => (await loadKeys()).exportPublicKeys(kid, options))

program
  .command('token')
  .description('tokens')
  .command('inspect')
  .description('show what a token says, times in words; proves nothing')
  .option('--file <path>', 'read it there, instead of from standard input')
  .option('--json', 'for programs')
  .action(async (options) => (await import('./token.ts')).inspectCommand(options))

const apiKeys = program.command('api-keys').description('keys for programs that act for a person')
const loadApiKeys = () => import('./api-keys.ts')

apiKeys
  .command('create <login>')
  .description('make a key, which is shown once')
  .requiredOption('--name <name>', 'where it is used')
  .option('--scope <scope...>', 'at most what the roles of the account allow; all of that if left out')
  .option('--days <count>', 'how long it works', '365')
  .option('--json', 'for programs')
  .action(async (login, options) => (await loadApiKeys()).createApiKey(login, options))
apiKeys
  .command('list <login>')
  .description('live keys of an account')
  .option('--json', 'for programs')
  .action(async (login, options) => (await loadApiKeys()).listApiKeys(login, options))
for (const [name, description] of [
  ['revoke', 'end a key'],
  ['confirm', 'let a key work again that a restore of the database has suspended'],
] as const) {
  apiKeys
    .command(`${name} <login> <id>`)
    .description(description)
    .option('--json', 'for programs')
    .action(async (login, id, options) => (await loadApiKeys()).changeApiKey(name, login, id, options))
}

program.parseAsync().catch(leave)

function leave(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
    return
  }
  process.stderr.write(`${oldNode() ?? explainFailure(error)}\n`)
  process.exitCode = error instanceof NoVerdict ? 2 : 1
}
