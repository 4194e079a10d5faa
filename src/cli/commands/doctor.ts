import { type Command, InvalidArgumentError } from 'commander'

/** Why a credential was refused, or taken that should not have been: here, and in services of others. */
export function doctorCommands(program: Command): void {
  const doctor = program
    .command('doctor')
    .description(
      'why a credential was refused, or taken that should not have been: the cause, the proof and the fix',
    )
    .addHelpText(
      'after',
      '\nExit status: 0 nothing wrong, 1 a cause found, 2 not decidable with the evidence given.',
    )

  doctor
    .command('ref')
    .argument('<reference>', 'the one that the client was given')
    .description('what happened at a refusal, joined with keys, session and account')
    .option('--now <time>', 'what time it is taken to be')
    .option('--json', 'for programs')
    .action(async (reference, options) => (await import('../doctor/ref.ts')).refCommand(reference, options))

  proposing(
    doctor
      .command('token')
      .argument('[file]', 'where the token stands; standard input without one')
      .description(
        'a token of any issuer: what it is, whether it holds, and what was ruled out; it is sent nowhere',
      )
      .option('--own', 'with keys, configuration and database of the issuer in this folder')
      .option('--issuer <url>', 'the issuer that the verifier expects; its metadata and keys are fetched')
      .option('--jwks <file|url>', 'the public keys that the verifier has')
      .option(
        '--secret-file <file>',
        'the shared secret, exactly as the verifier has it; the first try of what went wrong',
      )
      .option('--audience <id>', 'the audience that the verifier expects')
      .option('--algorithm <name>', 'the one that the verifier allows')
      .option('--scheme <word>', 'the word that the service reads before the token'),
  ).action(async (file, options) => (await import('../doctor/token.ts')).tokenCommand(file, options))

  proposing(
    doctor
      .command('exchange')
      .argument(
        '<file>',
        'a HAR file, `curl -v` output, a curl command, or a raw request and answer; - is standard input',
      )
      .description('a call as it was sent, compared with what arrived')
      .option('--received <file>', 'the same call as the service received it')
      .option('--issuer <id>', 'the issuer that the service expects')
      .option('--audience <id>', 'the audience that the service expects'),
  ).action(async (file, options) => (await import('../doctor/exchange.ts')).exchangeCommand(file, options))

  doctor
    .command('config')
    .description('what the configuration of this folder can bring upon people')
    .option('--json', 'for programs')
    .action(async (options) => (await import('../doctor/config.ts')).configDoctorCommand(options))

  doctor
    .command('url')
    .argument('<url>', 'an issuer or an API')
    .description(
      'a running service, ours or any other: metadata, issuer spelling, keys, clock, preflight, docs',
    )
    .option('--origin <origin>', 'a page that is to call it: tries the preflight')
    .option('--path <path>', 'a checked route to try')
    .option('--now <time>', 'what time it is taken to be')
    .option('--json', 'for programs')
    .action(async (url, options) => (await import('../doctor/url.ts')).urlCommand(url, options))

  proposing(
    doctor
      .command('openapi')
      .argument('<file|url>', 'an OpenAPI document, in JSON')
      .description('security schemes, what refers to them, scopes, and where the docs page gets its token')
      .option('--url <url>', 'where a document from a file is served'),
  ).action(async (place, options) => (await import('../doctor/openapi.ts')).openApiCommand(place, options))

  doctor
    .command('audit')
    .argument('[url]', 'where the API answers')
    .description(
      'hunts wrong acceptance: fires hostile tokens at a running API, and looks for risky states of what is configured and stored here',
    )
    .option('--app <file>', 'a module that exports the application: its routes without an access word')
    .option('--export <name>', 'what that module calls it')
    .option('--patch', 'propose the word of a route as a diff; nothing is applied')
    .option('--openapi <file|url>', 'its document (default: openapi.json there)')
    .option('--token-file <file>', 'a good token of its issuer; - reads standard input')
    .option('--jwks <file|url>', 'the public keys of its issuer')
    .option('--audience <id>', 'the audience of the tokens')
    .option('--unsafe', 'send good tokens by methods that change things, too')
    .option('--rate <number>', 'requests per second, at most', '100')
    .option('--time-limit <seconds>', 'for the whole', '300')
    .option('--no-config', 'leave out the configuration and the database of this folder')
    .option('--json', 'for programs')
    .action(async (url, options) => (await import('../doctor/audit.ts')).auditCommand(url, options))

  doctor
    .command('watch')
    .description('follow refusals: what they have in common, on which node, and when a cause is gone')
    .option('--alert', 'tell a rise, and that it is over, where ALERT_URL says, as JSON by POST')
    .option('--seconds <count>', 'how long to watch', seconds)
    .option('--back <count>', 'how many seconds a look goes back', seconds, 600)
    .option('--quiet <count>', 'how many seconds without a refusal end its cause', seconds, 30)
    .option('--json', 'for programs')
    .action(async (options) => (await import('../doctor/watch.ts')).watchCommand(options))
}

function proposing(command: Command): Command {
  return command
    .option('--write-test <file>', 'write a regression test for the case')
    .option('--patch', 'propose a change as a diff; nothing is applied')
    .option('--now <time>', 'what time it is taken to be: unix seconds or a date')
    .option('--json', 'for programs')
}

function seconds(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 86_400) return count
  throw new InvalidArgumentError('It is a whole number of seconds, from 1 to 86400.')
}
