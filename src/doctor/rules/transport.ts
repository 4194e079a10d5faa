import type { Rule } from '../rule.ts'
import {
  doubled,
  duplicate,
  invisible,
  literal,
  noScheme,
  quoted,
  schemeMismatch,
  wrapped,
} from './transport/header-form.ts'
import { missing, wrongLocation } from './transport/header-place.ts'
import { droppedOnRedirect, tooLarge, underscore } from './transport/header-way.ts'
import { formEncoding, wrongContentType } from './transport/sign-in-request.ts'

/** How a credential was written into the request, and whether it arrived. */
export const transportRules: readonly Rule[] = [
  tooLarge,
  droppedOnRedirect,
  duplicate,
  literal,
  doubled,
  quoted,
  wrapped,
  noScheme,
  invisible,
  schemeMismatch,
  underscore,
  wrongContentType,
  formEncoding,
  wrongLocation,
  missing,
]
