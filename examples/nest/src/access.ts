import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import type { Access as Word } from 'countersign'
import { guard } from 'countersign/fastify'

/**
 * The access word of a route: `@Access(auth.signedIn)`. It is checked before Nest reads the body or runs a pipe, and an
 * application with a route that has none does not start.
 */
export const Access = (word: Word): MethodDecorator => RouteConfig(guard(word).config)

/** Who asks: `@Who() { id }: Principal`. On a route for anyone it is undefined. */
export const Who = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest().principal,
)
