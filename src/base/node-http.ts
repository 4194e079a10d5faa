/**
 * Node's `http` without its web client. An ES module that imports `node:http` is handed all that there is of it, also its
 * `WebSocket`, and for that Node loads the client behind `fetch`: 35 ms and 13 MB that a server has no use for.
 */
const http = process.getBuiltinModule('node:http')

export const { createServer, STATUS_CODES } = http

/** What asks a server by the protocol of a URL; `node:https` is loaded with the first that needs it. */
export function requesterFor(protocol: string): typeof http.request {
  return protocol === 'https:' ? process.getBuiltinModule('node:https').request : http.request
}
