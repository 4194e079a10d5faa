import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { protect } from 'countersign/fastify'
import { port } from '../countersign.config.ts'
import { auth } from './auth.ts'
import { ManageController } from './manage.controller.ts'
import { TodosController } from './todos.controller.ts'

@Module({ controllers: [TodosController, ManageController] })
class AppModule {}

const adapter = new FastifyAdapter()
/** For `countersign routes`, which asks the server below Nest what it answers to. */
export const app = adapter.getInstance()
// POST /register, /token, /refresh, /logout, /docs, … are served from here on. What no route answers to is Nest's to say.
protect(app, auth, { notFound: auth.anyone })

const nest = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] })
await nest.listen(port, '127.0.0.1')
