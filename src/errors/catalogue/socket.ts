import { defineGroup } from './group.ts'

export const socket = defineGroup('socket', {
  WS_HEADER_IMPOSSIBLE: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Browser cannot set Authorization on WebSocket',
    hint: 'Browser cannot set Authorization on WebSocket',
  },
  WS_RECONNECT_STALE: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Reconnect with the first token',
    hint: 'Reconnect with the first token',
  },
  WS_PROXY_UPGRADE: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Proxy drops Upgrade/Connection',
    hint: 'Proxy drops Upgrade/Connection',
  },
  WS_SUBPROTOCOL: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Token as subprotocol, not echoed or emptied by a proxy',
    hint: 'Token as subprotocol, not echoed or emptied by a proxy',
  },
  WS_OUTLIVES_TOKEN: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Socket stays open after expiry or logout',
    hint: 'Socket stays open after expiry or logout',
  },
})
