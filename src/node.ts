export type { ForwardOptions } from './adapters/forward.ts'
export { forward } from './adapters/forward-node.ts'
export {
  type GuardedHandler,
  guard,
  type NodeContext,
  type NodeHandler,
  type NodeListener,
  type NodeListenerOptions,
  nodeListener,
} from './adapters/node.ts'
export { UndeclaredRoutesError } from './adapters/undeclared-routes.ts'
