import { guard } from '../../../../lib/guard'
import { todos } from '../../../../lib/todos'

export const DELETE = guard(
  ({ needs }) => needs({ scopes: ['todos:write'] }),
  (_request, { principal, params }) =>
    new Response(null, { status: todos.remove(principal.id, params.id) ? 204 : 404 }),
)
