import { Command } from 'commander'
import { ownVersion } from '../base/own-version.ts'
import { apiKeyCommands } from './commands/api-keys.ts'
import { clientCommands } from './commands/clients.ts'
import { declarationCommands } from './commands/declaration.ts'
import { doctorCommands } from './commands/doctor.ts'
import { keyCommands } from './commands/keys.ts'
import { serviceCommands } from './commands/service.ts'
import { sessionCommands } from './commands/sessions.ts'
import { userCommands } from './commands/users.ts'
import { watchCommands } from './commands/watch.ts'

/** Names and options of all commands. Each loads its own parts, so that none waits for what it does not use. */
export function createProgram(): Command {
  const program = new Command('countersign')
    .description('Authentication for TypeScript APIs')
    .version(ownVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })

  serviceCommands(program.commandsGroup('The service:'))
  program.commandsGroup('Accounts:')
  userCommands(program)
  sessionCommands(program)
  apiKeyCommands(program)
  program.commandsGroup('Applications and keys:')
  clientCommands(program)
  declarationCommands(program)
  keyCommands(program)
  watchCommands(program.commandsGroup('What happens:'))
  doctorCommands(program)
  pointToHelp(program, program.name())
  return program
}

/** After a mistake: where to read on about the very command. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help says more)`)
  for (const inner of command.commands) pointToHelp(inner, `${name} ${inner.name()}`)
}
