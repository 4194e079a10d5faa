import type { Command } from 'commander'

/** `countersign api-keys`: keys for programs of people. */
export function apiKeyCommands(program: Command): void {
  const apiKeys = program.command('api-keys').description('keys for programs that act for a person')
  const loadApiKeys = () => import('../api-keys.ts')

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
}
