import type { Command } from 'commander'

/** `countersign sessions`: where accounts are signed in. */
export function sessionCommands(program: Command): void {
  const sessions = program.command('sessions').description('where accounts are signed in')
  const loadSessions = () => import('../sessions.ts')

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
}
