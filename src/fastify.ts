export { type FastifyProtectOptions, guard, guardScope, protect } from './adapters/fastify.ts'
export { swaggerTransform } from './adapters/fastify-swagger.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
