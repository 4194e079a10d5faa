import type { Command } from 'commander'

/** Clients, roles and scopes as a file. */
export function declarationCommands(program: Command): void {
  const load = () => import('../declaration.ts')

  program
    .command('apply <file>')
    .description(
      'make clients, roles and scopes as a file (JSON or YAML; - is JSON on standard input) says; shows first what would change',
    )
    .option('--prune', 'remove what is not in the file, of the parts that it has')
    .option('--dry-run', 'only say what would change; status 3 if something would')
    .option('--yes', 'do not ask')
    .option('--json', 'for programs')
    .action(async (file, options) => (await load()).applyFile(file, options))
  program
    .command('export')
    .description('write clients, roles and scopes as a file for `apply`; never a secret')
    .argument('[file]', '- or left out: standard output')
    .action(async (file) => (await load()).exportFile(file === '-' ? undefined : file))
}
