export { type FastifyProtectOptions, guard, guardScope, protect } from './adapters/fastify.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
