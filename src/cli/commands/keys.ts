import type { Command } from 'commander'

/** `countersign keys` and `countersign token`: what tokens are signed with, and what they say. */
export function keyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that tokens are signed with')
  const loadKeys = () => import('../keys.ts')
  /** A thumbprint may begin with a dash, and is then no option. */
  const ofKey = (name: string) => keys.command(name).allowUnknownOption()
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
      '--algorithm <name>',
      'of the key for ID tokens that is meant: RS256 (default) or ES256; --now means both',
    )
    .option(
      '--now',
      'for a key that somebody else may have: refuse all that was signed, and say how much that is',
    )
    .option('--yes', 'go on without being asked')
    .option('--json', 'for programs')
    .action(async (options) => (await loadKeys()).rotateKeys(options))
  ofKey('retire <kid>')
    .description('take out a key that has never signed, or whose last token has ended')
    .option('--json', 'for programs')
    .action(async (kid, options) => (await loadKeys()).retireKey(kid, options))
  ofKey('revoke <kid>')
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
    .description(
      'show the HS256 secret, for another service that checks our tokens; private keys never leave',
    )
    .option('--json', 'for programs')
    .action(async (options) => (await loadKeys()).exportSecret(options))
  ofKey('export-public [kid]')
    .description('print the public keys as verifiers get them')
    .option('--pem', 'as PEM instead of a JWK set')
    .action(async (kid, options) => (await loadKeys()).exportPublicKeys(kid, options))

  program
    .command('token')
    .description('what a token says')
    .command('inspect')
    .description('show what a token says, times in words; proves nothing')
    .option('--file <path>', 'read it there, instead of from standard input')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../token.ts')).inspectCommand(options))
}
