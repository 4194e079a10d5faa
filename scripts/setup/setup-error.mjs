/** What stops a task, in words its reader can act on: printed as it is, without a stack trace. */
export class SetupError extends Error {
  name = 'SetupError'
}
