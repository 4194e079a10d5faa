export { nodeListener } from './adapters/node.ts'
