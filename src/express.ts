export { type ExpressProtectOptions, guard, protect } from './adapters/express.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
