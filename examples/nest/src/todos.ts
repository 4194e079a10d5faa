import { randomUUID } from 'node:crypto'

export interface Todo {
  readonly id: string
  readonly title: string
}

const byOwner = new Map<string, Todo[]>()

/** Everybody has a list of their own: nothing here is found without the id of its owner. */
export const todos = {
  of: (owner: string): readonly Todo[] => byOwner.get(owner) ?? [],

  add(owner: string, title: string): Todo {
    const todo = { id: randomUUID(), title }
    byOwner.set(owner, [...todos.of(owner), todo])
    return todo
  },

  remove(owner: string, id: unknown): boolean {
    const left = todos.of(owner).filter((todo) => todo.id !== id)
    const found = left.length < todos.of(owner).length
    byOwner.set(owner, left)
    return found
  },

  /** How many everybody has. */
  counts: () => Array.from(byOwner, ([owner, list]) => ({ owner, todos: list.length })),
}
