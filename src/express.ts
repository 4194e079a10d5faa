export { type ExpressProtectOptions, guard, protect } from './adapters/express.ts'
export type { ForwardOptions } from './adapters/forward.ts'
export { forward } from './adapters/forward-express.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
