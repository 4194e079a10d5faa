import { createHmac } from 'node:crypto'
import { PUBLISHED_SECRETS } from '../config/published-secrets.ts'
import { bearer, compose, headerOf, type Idea } from './idea.ts'

/** The empty one, words, and those that tutorials and templates print: they look random, and everybody has them. */
const SECRETS = ['', 'secret', 'changeme', ...PUBLISHED_SECRETS.slice(0, 21)]

export const publishedSecret: Idea = {
  name: 'published-secret',
  what: 'a token signed with a secret that is printed in a tutorial',
  requires: [],
  answer: 401,
  make: ({ claims, genuine }) => {
    const header = { typ: 'JWT', ...headerOf(genuine), alg: 'HS256' }
    return SECRETS.map((secret) =>
      bearer(
        secret === '' ? 'the empty secret' : `the secret ${secret.slice(0, 12)}…`,
        compose(header, claims, (input) => createHmac('sha256', secret).update(input).digest()),
      ),
    )
  },
}
