export { guard, type HonoProtectOptions, protect } from './adapters/hono.ts'
export { guardedRoute } from './adapters/hono-openapi.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
