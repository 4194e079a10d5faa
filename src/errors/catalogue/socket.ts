import { defineGroup } from './group.ts'

export const socket = defineGroup('socket', {
  WS_HEADER_IMPOSSIBLE: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'A browser cannot set the Authorization header of a WebSocket.',
    hint: 'Buy a ticket with `POST /ws-ticket`, and open the socket with it.',
  },
  WS_RECONNECT_STALE: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'The socket reconnects with the token of the first connection.',
    hint: 'Get a new ticket for each connection, in the function that connects.',
  },
  WS_PROXY_UPGRADE: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'A proxy drops the Upgrade and Connection headers.',
    hint:
      'Pass both on and use HTTP/1.1 towards the service; in nginx these are three lines of the ' +
      'location.',
  },
  WS_SUBPROTOCOL: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The token was sent as a subprotocol, and was not echoed or was emptied by a proxy.',
    hint: 'Subprotocols are not meant for secrets and are logged by some proxies. Use a ticket.',
  },
  TICKET_UNKNOWN: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'What was sent as the ticket of a WebSocket is none of ours.',
    hint: 'It was cut or changed on the way, or comes from another issuer. Send the ticket as it was answered.',
    own: true,
  },
  WS_OUTLIVES_TOKEN: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'The socket stays open after the token expired or the person signed out.',
    hint: 'Keep the end of the credential beside the socket, and close it then.',
    prevented: 'A socket is closed within five seconds of the expiry or the revocation of what opened it.',
  },
})
