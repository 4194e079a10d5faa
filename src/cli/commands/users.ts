import type { Command } from 'commander'
import { countUpTo } from '../arguments.ts'

/** `countersign users`: accounts. */
export function userCommands(program: Command): void {
  const users = program
    .command('users')
    .description('accounts: make, list, disable, delete, roles, passwords')
  const loadUsers = () => import('../users.ts')
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
    .command('invite')
    .description('mail somebody a link to an account of their own, for seven days')
    .requiredOption('--email <address>')
    .option('--role <name...>', 'besides those of every account')
    .option('--language <tag>', 'of the letter')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../invite.ts')).inviteUser(options))
  users
    .command('invitations')
    .description('those that wait, by their address')
    .option('--limit <count>', 'at most this many', countUpTo(10_000), 100)
    .option('--json', 'for programs')
    .action(async (options) => (await import('../invite.ts')).listInvitations(options))
  users
    .command('uninvite')
    .description('take back what was sent by `users invite`, or over HTTP')
    .requiredOption('--email <address>')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../invite.ts')).uninviteUser(options))
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
    .command('delete <login>')
    .description('remove an account with all that belongs to it; its sessions and tokens end')
    .option('--yes', 'do not ask')
    .option('--json', 'for programs')
    .action(async (login, options) => (await loadUsers()).deleteUser(login, options))

  users
    .command('factors <login>')
    .description('the second factors of an account')
    .option('--json', 'for programs')
    .action(async (login, options) => (await loadUsers()).listFactors(login, options))
  users
    .command('reset-factor <login>')
    .description('take the second factors away, for who has lost them, and end every session')
    .option('--json', 'for programs')
    .action(async (login, options) => (await loadUsers()).resetFactors(login, options))

  users
    .command('connections <login>')
    .description('the accounts elsewhere that sign somebody in: Google, GitHub, …')
    .option('--json', 'for programs')
    .action(async (login, options) => (await import('../connections.ts')).listConnections(login, options))
  users
    .command('disconnect <login> <id>')
    .description('take one of them away, as one that was taken over, and end every session')
    .option('--json', 'for programs')
    .action(async (login, id, options) => (await import('../connections.ts')).disconnect(login, id, options))

  users
    .command('import')
    .description('take in the users of another system, with their password hashes')
    .argument('<file>', 'JSON lines, CSV with a head, or a JSON export of Firebase or Keycloak')
    .option('--dry-run', 'only say what would be done')
    .option('--from <number>', 'begin at this line', countUpTo(1_000_000_000), 1)
    .option('--firebase <file>', "the project's password hash parameters, as Firebase shows them")
    .option('--json', 'for programs')
    .addHelpText('after', '\nWhoever is there already is left alone: run it again to go on.')
    .action(async (file, options) => (await import('../import-users.ts')).importUsers(file, options))
  users
    .command('export')
    .description('all accounts as JSON lines')
    .argument('[file]', '- or left out: standard output')
    .option('--with-password-hashes', 'for a move to another system; needs a file')
    .action(async (file, options) =>
      (await import('../export-users.ts')).exportUsers(file === '-' ? undefined : file, options),
    )

  users
    .command('sessions <login>')
    .description('where an account is signed in, as `sessions list` shows it')
    .option('--json', 'for programs')
    .action(async (login, options) => (await import('../sessions.ts')).listSessions(login, options))
}
