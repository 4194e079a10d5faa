/**
 * Groups of nodes that reach one another, each sorted, by Tarjan's strongly connected components. A node that only
 * names itself is a group of one.
 */
export function findCycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const onStack = new Set<string>()
  const found: string[][] = []

  const visit = (node: string): number => {
    const mine = order.size
    order.set(node, mine)
    low.set(node, mine)
    stack.push(node)
    onStack.add(node)
    for (const next of edges.get(node) ?? []) {
      const reaches = order.has(next) ? (onStack.has(next) ? (order.get(next) ?? mine) : mine) : visit(next)
      low.set(node, Math.min(low.get(node) ?? mine, reaches))
    }
    const lowest = low.get(node) ?? mine
    if (lowest === mine) {
      const group = stack.splice(stack.indexOf(node))
      for (const member of group) onStack.delete(member)
      if (group.length > 1 || edges.get(node)?.has(node)) found.push(group.sort())
    }
    return lowest
  }

  for (const node of edges.keys()) if (!order.has(node)) visit(node)
  return found
}
