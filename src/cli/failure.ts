import { ConfigError } from '../config/config-error.ts'
import { AuthError } from '../errors/auth-error.ts'
import { catalogue } from '../errors/codes.ts'
import { isPlainName } from './named-file.ts'
import { NoVerdict } from './no-verdict.ts'

/** What went wrong and what to do, for people at a terminal. Never a stack trace: that is for our own faults. */
export function explainFailure(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explainFailure).join('\n\n')
  if (error instanceof ConfigError)
    return `${error.message}\n\nSee docs/config.md, or run \`countersign config\`.`
  if (error instanceof AuthError) return explainRefusal(error)
  if (error instanceof NoVerdict) return error.message
  if (!(error instanceof Error)) return 'Something failed without saying what.'
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${address} is taken by another program. Stop that, or set another: PORT=8001 npm start`
  }
  if (port !== undefined && code !== undefined) {
    return `Port ${port} of ${address} cannot be listened on (${code}). Look at HOST and PORT.`
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `Not allowed: ${error.message}. Let this user in there, or name another place (for the database: DATABASE_URL).`
  }
  const { path } = error as NodeJS.ErrnoException
  if ((code === 'EEXIST' || code === 'EISDIR') && path !== undefined && isPlainName(path)) {
    return code === 'EEXIST'
      ? `${path} is there already, and is not written over.`
      : `${path} is a folder, and no file.`
  }
  if (code === 'ENOENT' && path !== undefined) {
    return isPlainName(path) ? `There is no such file or folder: ${path}` : 'There is no such file or folder.'
  }
  // Our own refusals to go on are plain errors with a sentence for people.
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`
}

/** What to do about a field, where that is not in its message: clients are told it too. */
const REMEDIES: Readonly<Record<string, string>> = {
  roles:
    'Roles that an application declares are known here by countersign.config.ts: keep its options there and hand them to ' +
    'createAuth. Or make the role in the database, for every process: `countersign apply`.',
  scope:
    'Scopes of your API are declared under `scopes`, in countersign.config.ts or in the database (`countersign apply`).',
}

function explainRefusal({ refusal, cause }: AuthError): string {
  const fields = refusal.fields?.map(({ field, message }) => `  ${field}: ${message}`) ?? []
  if (fields.length > 0) {
    const remedies = new Set(refusal.fields?.flatMap(({ field }) => REMEDIES[field] ?? []))
    return [refusal.sentence, ...fields, ...remedies].join('\n')
  }
  const details = Object.entries(refusal.details).map(([name, value]) => `  ${name}: ${String(value)}`)
  const isTold = cause instanceof Error && details.some((line) => line.includes(cause.message))
  const why = cause instanceof Error && !isTold ? [`  ${cause.message}`] : []
  return [`${refusal.code}: ${catalogue[refusal.code].hint}`, ...details, ...why].join('\n')
}
