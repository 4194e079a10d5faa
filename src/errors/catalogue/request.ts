import { defineGroup } from './group.ts'

export const request = defineGroup('request', {
  REQUEST_INVALID: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'A field of the request is missing or not as it should be.',
    hint: 'Each field and what it needs stand in `errors` of the answer and in `refusal.fields` of the error.',
    sentence: 'A field of the request is missing or not as it should be.',
    own: true,
  },
  BODY_MALFORMED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'The body cannot be read as what its Content-Type says.',
    hint:
      'Look for JSON that is not complete, a member that stands there twice, text that is not UTF-8, ' +
      'or a body that was cut.',
    sentence: 'The body could not be read as what its Content-Type says.',
    own: true,
  },
  BODY_TOO_LARGE: {
    effect: 'refused',
    clientCode: 'invalid_request',
    status: 413,
    meaning: 'The body is larger than allowed.',
    hint:
      'The limit is 64 KiB unless the route sets its own. Nothing that belongs to signing in comes ' +
      'near it.',
    sentence: 'The body is larger than this address accepts.',
    own: true,
  },
  MEDIA_TYPE_UNSUPPORTED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    status: 415,
    meaning: 'The Content-Type is missing, or not one that is read here.',
    hint: 'The API description names the types of each endpoint; most take application/json.',
    sentence: 'The Content-Type of the request is not one that is read here.',
    own: true,
  },
  NOT_FOUND: {
    effect: 'refused',
    clientCode: 'not_found',
    meaning: 'There is nothing at this address, or not for this caller.',
    hint: 'Compare the path with the API description, and the mount path with ISSUER.',
    own: true,
  },
  METHOD_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    status: 405,
    meaning: 'The address exists and does not answer to this method.',
    hint: 'The Allow header lists the methods.',
    sentence: 'This address does not answer to that method. The Allow header lists those it does.',
    own: true,
  },
})
