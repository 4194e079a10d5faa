import { createServer } from 'node:net'
import type { ListenAddress } from '../config/config-error.ts'

/**
 * The error that stopped a start, together with that of its port if that cannot be had either: whoever mends one thing
 * should not find the next one only then.
 */
export async function withPortProblem(error: unknown, address: ListenAddress): Promise<unknown> {
  // A worker of several is told by whoever binds the port for all.
  if (error instanceof Error && 'syscall' in error && ['listen', 'bind'].includes(String(error.syscall)))
    return error
  const problem = await problemOf(address)
  return problem === undefined ? error : new AggregateError([error, problem])
}

function problemOf({ host, port }: ListenAddress): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
