import type { Rule } from '../rule.ts'
import { codeReused } from './code-flow/code.ts'
import { nonce } from './code-flow/nonce.ts'
import { pkce } from './code-flow/pkce.ts'
import { redirectUri } from './code-flow/redirect-uri.ts'
import { state } from './code-flow/state.ts'

/** The authorization code flow: where it leads back to, what binds it to one browser, and what the code is worth. */
export const codeFlowRules: readonly Rule[] = [redirectUri, state, nonce, codeReused, pkce]
