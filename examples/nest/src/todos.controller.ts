import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common'
import type { Principal } from 'countersign'
import { Access, Who } from './access.ts'
import { auth, mayRead, mayWrite } from './auth.ts'
import { todos } from './todos.ts'

@Controller()
export class TodosController {
  @Get()
  @Access(auth.anyone)
  hello() {
    return 'Sign up at POST /register, sign in at POST /token, or see /docs.'
  }

  @Get('todos')
  @Access(mayRead)
  list(@Who() { id }: Principal) {
    return todos.of(id)
  }

  @Post('todos')
  @Access(mayWrite)
  add(@Who() { id }: Principal, @Body('title') title: unknown) {
    if (typeof title !== 'string' || title.length < 1 || title.length > 200) {
      throw new BadRequestException('title: 1 to 200 characters')
    }
    return todos.add(id, title)
  }

  @Delete('todos/:id')
  @Access(mayWrite)
  @HttpCode(204)
  remove(@Who() { id }: Principal, @Param('id') todo: string) {
    if (!todos.remove(id, todo)) throw new NotFoundException()
  }
}
