import { visitor } from '../../lib/guard'
import { todos } from '../../lib/todos'
import { TodoList } from './todo-list'

export default async function Todos() {
  const { id } = await visitor('/todos')
  return <TodoList todos={todos.of(id)} />
}
