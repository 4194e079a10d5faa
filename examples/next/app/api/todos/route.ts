import { guard } from '../../../lib/guard'
import { todos } from '../../../lib/todos'

export const GET = guard(
  ({ needs }) => needs({ scopes: ['todos:read'] }),
  (_request, { principal }) => Response.json(todos.of(principal.id)),
)

export const POST = guard(
  ({ needs }) => needs({ scopes: ['todos:write'] }),
  async (request, { principal }) => {
    const body = (await request.json().catch(() => null)) as { title?: unknown } | null
    const title = body?.title
    if (typeof title !== 'string' || title.length < 1 || title.length > 200) {
      return Response.json({ detail: 'title: 1 to 200 characters' }, { status: 422 })
    }
    return Response.json(todos.add(principal.id, title), { status: 201 })
  },
)
