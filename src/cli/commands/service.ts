import type { Command } from 'commander'
import { countUpTo } from '../arguments.ts'
import { holdYoungSpace } from '../young-space.ts'

/** What sets a service up and runs it. */
export function serviceCommands(program: Command): void {
  program
    .command('serve')
    .description('serve the issuer; data in ./data unless configured otherwise')
    .option(
      '--tls-cert <file>',
      'answer https with this certificate (PEM, with those between it and the root)',
    )
    .option('--tls-key <file>', 'its private key (PEM)')
    .option(
      '--workers <count>',
      'processes that share the port, such as one for each core',
      countUpTo(128),
      1,
    )
    .option('--tls-dev', 'answer https with a certificate for this machine, made on the spot')
    .action(async (options) => {
      const release = holdYoungSpace()
      return (await import('../serve.ts')).serveCommand(options).finally(release)
    })

  program
    .command('migrate')
    .description("bring the database's schema forward")
    .option('--dry-run', 'say what would be done, and how many rows there are')
    .option('--restored', 'the database was put back from a backup: make void what must not live again')
    .option(
      '--to <url>',
      'copy everything from SQLite into this empty PostgreSQL database, and compare the two',
    )
    .option('--json', 'for programs')
    .action(async (options) => (await import('../migrate.ts')).migrateCommand(options))

  program
    .command('config')
    .description('show the effective settings, secrets masked, and where each came from')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../config.ts')).configCommand(options))

  program
    .command('secret')
    .description('make a new key for SECRET_KEY')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../secret.ts')).secretCommand(options))

  program
    .command('init')
    .description('write a commented configuration here and say how to mount it')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../init.ts')).initCommand(options))

  program
    .command('version')
    .description('print the version')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../version.ts')).versionCommand(options))
}
