import type { Command } from 'commander'
import { countUpTo } from '../arguments.ts'

/** What has happened, and whether every route keeps its word. */
export function watchCommands(program: Command): void {
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
    .action(async (options) => (await import('../events.ts')).showEvents(options))

  const webhooks = program.command('webhooks').description('events on their way to other programs')
  webhooks
    .command('list')
    .description('what was given up')
    .option('--all', 'and what is still tried')
    .option('--limit <count>', 'at most this many, the oldest', countUpTo(10_000), 1000)
    .option('--json', 'for programs')
    .action(async (options) => (await import('../webhooks.ts')).listWebhooks(options))
  webhooks
    .command('retry')
    .description('send again what was given up')
    .argument('<id>', 'as `webhooks list` shows it')
    .option('--json', 'for programs')
    .action(async (id, options) => (await import('../webhooks.ts')).retryWebhook(id, options))

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
    .option('--openapi <file|url>', 'probe any API by its OpenAPI document (JSON or YAML)')
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
    .action(async (app, options) => (await import('../routes.ts')).routesCommand(app, options))
}
