// As much of Nest, Next and Prisma as examples and pages use. They are installed, and the code built with them, in test/long.

declare module 'reflect-metadata' {}

declare module '@nestjs/common' {
  export interface ExecutionContext {
    switchToHttp(): { getRequest(): { readonly principal: unknown } }
  }
  type OfMethod = MethodDecorator
  type OfParameter = (target: object, key: string | symbol | undefined, index: number) => void
  export function createParamDecorator(
    make: (data: unknown, context: ExecutionContext) => unknown,
  ): () => OfParameter
  export function Module(parts: { readonly controllers: readonly unknown[] }): ClassDecorator
  export function Controller(path?: string): ClassDecorator
  export function Get(path?: string): OfMethod
  export function Post(path?: string): OfMethod
  export function Delete(path?: string): OfMethod
  export function HttpCode(status: number): OfMethod
  export function Body(member: string): OfParameter
  export function Param(name: string): OfParameter
  export class BadRequestException extends Error {}
  export class NotFoundException extends Error {}
}

declare module '@nestjs/core' {
  export const NestFactory: {
    create(
      module: unknown,
      adapter: unknown,
      options: { readonly logger: readonly string[] },
    ): Promise<{ listen(port: number, host: string): Promise<unknown> }>
  }
}

declare module '@nestjs/platform-fastify' {
  import type { FastifyInstance } from 'fastify'
  export class FastifyAdapter {
    getInstance(): FastifyInstance
  }
  export function RouteConfig(config: object): MethodDecorator
}

declare module 'next' {
  export interface NextConfig {
    readonly serverExternalPackages?: readonly string[]
    readonly poweredByHeader?: boolean
  }
}

declare module 'next/headers' {
  export function headers(): Promise<Headers>
}

declare module 'next/navigation' {
  export function redirect(path: string): never
  export function useRouter(): { refresh(): void }
}

declare module '@prisma/driver-adapter-utils' {
  export const ColumnTypeEnum: Readonly<Record<'Character' | 'Text' | 'TextArray', number>>
  export interface Query {
    readonly sql: string
  }
  interface Answer {
    readonly columnTypes: readonly number[]
  }
  interface Result {
    readonly fields: readonly { readonly dataTypeID: number }[]
    readonly rows: readonly unknown[]
  }
  export interface SqlDriverAdapter {
    queryRaw(query: Query): Promise<Answer>
    performIO(query: Query): Promise<Result>
  }
}

declare module '@prisma/adapter-pg' {
  import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils'
  import type pg from 'pg'
  export class PrismaPg {
    constructor(pool: pg.Pool | pg.PoolConfig)
    connect(): Promise<SqlDriverAdapter>
    connectToShadowDb(): Promise<SqlDriverAdapter>
  }
}
