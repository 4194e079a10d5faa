/**
 * Node's HTTP server as applications on Express and Fastify have it, for us and the peers alike. An ES module that imports it
 * by name gets Node's web client with it, 13 MiB that count for a peer only if it uses that client.
 */
export const { createServer } = process.getBuiltinModule('node:http')
