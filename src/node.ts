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
