import { defineGroup } from './group.ts'

export const transport = defineGroup('transport', {
  HDR_MISSING: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The request carries no credential.',
    hint:
      'Either the client sent none or something on the way removed it. Compare the request as the ' +
      'client wrote it with the one the server received: a header that is only in the first points to ' +
      'a proxy or a redirect, one that is in neither to the code that should have added it.',
  },
  HDR_SCHEME_MISMATCH: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The scheme word is not one that is read here (`JWT x`, `Token x`, `Bearer: x`).',
    hint:
      'Send the word Bearer, one space and the token, without a colon. A library with a word of its ' +
      'own usually has a setting for it.',
  },
  HDR_NO_SCHEME: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The Authorization header holds a token and no scheme before it.',
    hint: 'Put the word Bearer and one space before the token.',
  },
  HDR_DOUBLE_SCHEME: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The scheme stands there twice (`Bearer Bearer x`).',
    hint:
      'The prefix was stored together with the token, or typed into a dialog that adds it by itself. ' +
      'Keep the bare token and add the prefix in one place only.',
  },
  HDR_LITERAL_UNDEFINED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'In place of a token stands a word such as `undefined`, `null`, `NaN` or `[object Object]`.',
    hint:
      'The client built the header before it had a token, or read a member the sign-in answer does not ' +
      'have. Wait for the sign-in, read `access_token`, and send no header while there is none.',
  },
  HDR_QUOTED_TOKEN: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'There are quotation marks or JSON around the token.',
    hint: 'The token was stored with JSON.stringify and read back without JSON.parse. Store the bare text.',
  },
  HDR_INVISIBLE_CHAR: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'A second space, a tab, a line break or an invisible character stands inside the header value.',
    hint:
      'It usually comes along with a copied text or from a file that ends in a line break. Trim the ' +
      'value where it is read, and copy it again from its source.',
  },
  HDR_DUPLICATE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The request has two Authorization fields.',
    hint:
      'Two layers each add one, often an interceptor and a proxy. Which of them a server sees is ' +
      'chance, so both are refused. Let one layer add it.',
  },
  HDR_WRONG_LOCATION: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning:
      'A token was sent, but in a place where this route does not look (another header, a cookie, the ' +
      'query).',
    hint:
      'Send it in the Authorization header. If the route is meant to take a cookie or an API key, ' +
      'allow that in its access word with `via`.',
  },
  HDR_TOO_LARGE: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The headers are larger than the server or a proxy allows.',
    hint:
      'Too many claims or cookies. Keep profiles out of tokens, remove cookies nobody reads, and ' +
      'compare with the limit of every proxy on the way, which is often 4 to 8 KiB.',
  },
  HDR_DROPPED_ON_REDIRECT: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The client followed a redirect to another origin and left the Authorization header behind.',
    hint:
      'HTTP clients do so on purpose, also from http to https or to another host name of the same ' +
      'service. Call the final address.',
  },
  HDR_UNDERSCORE_NAME: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'A proxy removed a header whose name has an underscore.',
    hint: 'nginx and Apache 2.4 drop such headers silently. Use a name with hyphens, such as X-API-Key.',
  },
  LOGIN_WRONG_CONTENT_TYPE: {
    effect: 'refused',
    clientCode: 'invalid_request',
    status: 415,
    meaning: 'A token endpoint that reads forms was sent JSON or something else.',
    hint:
      'Send the fields as application/x-www-form-urlencoded, which URLSearchParams writes. A JSON body ' +
      'is the commonest reason.',
    sentence: 'This endpoint reads form fields. Send them as application/x-www-form-urlencoded.',
  },
  LOGIN_FORM_ENCODING: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'A password with `+`, `%` or `&` arrives changed, because the form was put together by hand.',
    hint:
      'Build the body with URLSearchParams or the form option of the HTTP library. A password of ' +
      'letters and digits that works while others fail is the sign.',
  },
  BASIC_MALFORMED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The Basic header is not base64 of a name, a colon and a password in UTF-8.',
    hint:
      'Let the HTTP library write it: most take name and password as an option. Neither part may be empty, hold ' +
      'control characters, or be longer than 320 and 1024 characters (RFC 7617 section 2).',
    own: true,
  },
  HTTPS_NEEDED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'Something came over plain http that only https may carry.',
    hint:
      'In production passwords by Basic are taken only where ISSUER is https; and where it is, a request that a trusted ' +
      'proxy received over http is not carried out. If it did come over https, let the proxy say so: ' +
      '`X-Forwarded-Proto: https`.',
    sentence:
      'This is only to be had over https. Send it again to the https address, which begins with https://.',
    own: true,
  },
  CREDENTIAL_TWICE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'One request carries two different credentials.',
    hint:
      'For example an API key and a bearer token. Which of them should count would be a guess, so ' +
      'neither does. Send one.',
    own: true,
  },
  TOKEN_IN_QUERY: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'A token was sent as part of the address.',
    hint:
      'Addresses are kept in logs, histories and Referer headers. Send the token in the Authorization ' +
      'header; a WebSocket is opened with a ticket. Treat the token as known to others and end its ' +
      'session.',
    own: true,
  },
})
