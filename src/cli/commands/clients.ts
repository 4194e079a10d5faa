import type { Command } from 'commander'
import { countUpTo } from '../arguments.ts'

function withRegistration(command: Command): Command {
  return command
    .option(
      '--grant <type...>',
      'client_credentials (what a new one gets by default), authorization_code, refresh_token, urn:ietf:params:oauth:grant-type:device_code',
    )
    .option('--scope <name...>', 'the scopes it may ask for')
    .option('--redirect-uri <uri...>', 'where the code flow may lead back to, exactly')
    .option(
      '--auth-method <name>',
      'client_secret_basic, client_secret_post, private_key_jwt, or none for a public client',
    )
    .option('--pkce', 'take its authorization requests with a PKCE challenge alone (default)')
    .option('--no-pkce', 'take its authorization requests without a PKCE challenge')
    .option('--post-logout-uri <uri...>', 'where people may be led after they signed out, exactly')
    .option('--skip-consent', 'an application of your own: people are not asked about it')
    .option('--no-skip-consent', 'ask people whether they allow it')
    .option('--id-token-alg <name>', 'what its ID tokens are signed with: RS256 (default) or ES256')
    .option('--jwks <file>', 'its public keys, for private_key_jwt')
    .option('--json', 'for programs')
}

/** `countersign clients`: applications that get tokens. */
export function clientCommands(program: Command): void {
  const clients = program.command('clients').description('applications that get tokens')
  const loadClients = () => import('../clients.ts')

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
    .option('--former-hours <count>', 'for how long', countUpTo(2160, 0), 24)
    .option('--leaked', 'end the former secret and every access token of the client now')
    .option('--json', 'for programs')
    .action(async (id, options) => (await loadClients()).rotateSecret(id, options))
  clients
    .command('delete <id>')
    .description('remove a client; its sessions and tokens end')
    .option('--json', 'for programs')
    .action(async (id, options) => (await loadClients()).deleteClient(id, options))
}
