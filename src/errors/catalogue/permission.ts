import { defineGroup } from './group.ts'

export const permission = defineGroup('permission', {
  SCOPE_MISSING: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'Valid token, scope not granted',
    hint: 'Valid token, scope not granted',
  },
  SCOPE_NOT_REQUESTED: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'Scope exists but was not ticked or is optional in the client',
    hint: 'Scope exists but was not ticked or is optional in the client',
  },
  SCOPE_CLAIM_SHAPE: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'scope string against array, scp, permissions',
    hint: 'scope string against array, scp, permissions',
  },
  ROLE_PREFIX: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'ROLE_ / SCOPE_ prefix',
    hint: 'ROLE_ / SCOPE_ prefix',
  },
  ROLE_STALE: {
    effect: 'both',
    clientCode: 'insufficient_scope',
    meaning: 'Role changed after issue',
    hint: 'Role changed after issue',
  },
  STATUS_SWAPPED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: '403 for missing or 401 for forbidden credentials',
    hint: '403 for missing or 401 for forbidden credentials',
  },
  SCOPE_NOT_ENFORCED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Scope declared for the docs only',
    hint: 'Scope declared for the docs only',
  },
  ROUTE_UNGUARDED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'No guard on the route (forgotten, or matcher does not cover)',
    hint: 'No guard on the route (forgotten, or matcher does not cover)',
  },
  ROLE_MISSING: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'ROLE_MISSING',
    hint: 'ROLE_MISSING',
    own: true,
  },
  VIA_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'VIA_NOT_ALLOWED',
    hint: 'VIA_NOT_ALLOWED',
    own: true,
  },
  REAUTHENTICATION_REQUIRED: {
    effect: 'refused',
    clientCode: 'reauthentication_required',
    meaning: 'REAUTHENTICATION_REQUIRED',
    hint: 'REAUTHENTICATION_REQUIRED',
    own: true,
  },
  ROUTE_UNDECLARED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'ROUTE_UNDECLARED',
    hint: 'ROUTE_UNDECLARED',
    own: true,
  },
  SCOPE_INVALID: {
    effect: 'refused',
    clientCode: 'invalid_scope',
    meaning: 'SCOPE_INVALID',
    hint: 'SCOPE_INVALID',
    own: true,
  },
  SCOPE_UNKNOWN: {
    effect: 'refused',
    clientCode: 'invalid_scope',
    meaning: 'SCOPE_UNKNOWN',
    hint: 'SCOPE_UNKNOWN',
    own: true,
  },
})
