import { defineGroup } from './group.ts'

export const permission = defineGroup('permission', {
  SCOPE_MISSING: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'The token is valid, but lacks a scope this route needs.',
    hint:
      'The details name the scope. Ask for it at sign-in, and give it to a role of the account. An API key keeps the ' +
      'scopes that it was made with: make another.',
  },
  SCOPE_NOT_REQUESTED: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'The scope exists and would be granted, but the client did not ask for it.',
    hint:
      'Add it to the `scope` of the sign-in. In the docs page it must be ticked; at other providers an ' +
      'optional scope has to be named.',
  },
  SCOPE_CLAIM_SHAPE: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning:
      'The scopes stand in another claim or shape than is read (`scp`, `permissions`, a list instead ' +
      'of a text).',
    hint:
      "Read `scope` as a text with spaces (RFC 9068 section 2.2.3), or translate the provider's claim " +
      'where its tokens are accepted.',
  },
  ROLE_PREFIX: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'A prefix such as `ROLE_` or `SCOPE_` is on one side only.',
    hint: 'Compare the whole names. Write the role in the route as it is declared.',
  },
  ROLE_STALE: {
    effect: 'both',
    clientCode: 'insufficient_scope',
    meaning: 'The role changed after the token was issued.',
    hint:
      'Refresh: the new token carries the roles of now. A role that was taken away makes older tokens ' +
      'void by itself.',
    prevented:
      "Taking a role away raises the account's counter, and its older access tokens are refused within " +
      'the stated bound.',
  },
  STATUS_SWAPPED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: '403 for a missing credential, or 401 for a missing permission.',
    hint:
      'Clients sign people out on 401 and give up on 403. Answer 401 when the credential is missing or ' +
      'void, 403 when it is good and not enough.',
    prevented: 'The status follows from the cause, in one place.',
  },
  SCOPE_NOT_ENFORCED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'A scope is written in the docs, and nothing checks it.',
    hint: 'Declare scopes in the access word of the route, which docs and guard both read.',
    prevented: 'The docs page and the guard read the same access word.',
  },
  ROUTE_UNGUARDED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'A route has no guard: forgotten, or missed by a path pattern.',
    hint:
      'Run `countersign routes --probe`, which asks the running application. Give the route an access ' +
      'word; `anyone` is one.',
    prevented: 'A route without an access word stops the start, and one that appears later answers 403.',
  },
  ROLE_MISSING: {
    effect: 'refused',
    clientCode: 'insufficient_scope',
    meaning: 'The token is valid, but names no role that this route needs.',
    hint:
      'The details name the role. If the account lacks it, give it with `countersign users set-role`; the client then ' +
      'refreshes. A token that asked for less, or of a registered client, names a role only with every scope that the role ' +
      'holds. API keys and clients have no roles: let the route ask for a scope.',
    own: true,
  },
  OWN_CREDENTIAL_REFUSED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The `verify` of a credential of the application proved nobody, or somebody whose time is over.',
    hint: 'The details name the credential. Look at its `verify`, and at what the request carries.',
    own: true,
  },
  VIA_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'The credential is good, but its kind is not accepted on this route.',
    hint:
      'The access word lists the kinds under `via`, for instance bearer only. Send one of those, or ' +
      'widen the list. A route that forwards takes sessions of browsers and tokens of the built-in client alone.',
    sentence: 'This kind of credential is not accepted here.',
    own: true,
  },
  RULE_REFUSED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'The credential is good, but a rule of the application (`if`, `ifAsync`) did not answer `true`.',
    hint:
      'Look at the rule of the route. Anything but `true` itself refuses, a promise from a synchronous rule ' +
      'too: a rule that waits belongs under `ifAsync`.',
    own: true,
  },
  REAUTHENTICATION_REQUIRED: {
    effect: 'refused',
    clientCode: 'reauthentication_required',
    meaning: 'The route asks for a more recent or a stronger sign-in than this session had.',
    hint:
      'Expected where `freshWithinSeconds` or `secondFactor` is set. `POST /session/renewal` proves it where the person ' +
      'is signed in; else send them through sign-in again with `max_age` or `acr_values` of the challenge (RFC 9470).',
    own: true,
  },
  ROUTE_UNDECLARED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'The request reached a route that has no access word.',
    hint:
      'It was added after the start, or is served by something mounted beside the guard. Give it an ' +
      'access word.',
    own: true,
  },
  SCOPE_UNKNOWN: {
    effect: 'refused',
    clientCode: 'invalid_scope',
    meaning: 'The request asks for a scope that is not declared.',
    hint: 'Declare it in the configuration with a sentence, or correct the spelling.',
    own: true,
  },
})
