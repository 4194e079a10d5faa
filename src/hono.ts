export { guard, type HonoProtectOptions, protect } from './adapters/hono.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
