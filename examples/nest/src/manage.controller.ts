import { Controller, Get } from '@nestjs/common'
import { Access } from './access.ts'
import { auth, isAdmin } from './auth.ts'
import { todos } from './todos.ts'

@Controller('manage')
export class ManageController {
  @Get('users')
  @Access(isAdmin)
  async users() {
    return { users: await auth.users.list({ limit: 100 }), todos: todos.counts() }
  }
}
