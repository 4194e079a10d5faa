import { defineGroup } from './group.ts'

export const request = defineGroup('request', {
  REQUEST_INVALID: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'REQUEST_INVALID',
    hint: 'REQUEST_INVALID',
    own: true,
  },
  BODY_MALFORMED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'BODY_MALFORMED',
    hint: 'BODY_MALFORMED',
    own: true,
  },
  BODY_TOO_LARGE: {
    effect: 'refused',
    clientCode: 'content_too_large',
    meaning: 'BODY_TOO_LARGE',
    hint: 'BODY_TOO_LARGE',
    own: true,
  },
  MEDIA_TYPE_UNSUPPORTED: {
    effect: 'refused',
    clientCode: 'unsupported_media_type',
    meaning: 'MEDIA_TYPE_UNSUPPORTED',
    hint: 'MEDIA_TYPE_UNSUPPORTED',
    own: true,
  },
  NOT_FOUND: {
    effect: 'refused',
    clientCode: 'not_found',
    meaning: 'NOT_FOUND',
    hint: 'NOT_FOUND',
    own: true,
  },
  METHOD_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'method_not_allowed',
    meaning: 'METHOD_NOT_ALLOWED',
    hint: 'METHOD_NOT_ALLOWED',
    own: true,
  },
})
