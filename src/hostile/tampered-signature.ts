import { bearer, type Idea } from './idea.ts'

/** A genuine token whose signature is no longer its own. */
export const tamperedSignature: Idea = {
  name: 'tampered-signature',
  what: 'a token whose signature was changed',
  requires: ['genuine'],
  answer: 401,
  make: ({ genuine = '' }) => {
    const [header = '', payload = '', signature = ''] = genuine.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    const changed = Buffer.from(bytes)
    changed[0] = (changed[0] ?? 0) ^ 1
    const start = `${header}.${payload}`
    return [
      bearer('one bit turned', `${start}.${changed.toString('base64url')}`),
      bearer('cut short', `${start}.${bytes.subarray(0, -1).toString('base64url')}`),
      bearer('made longer', `${start}.${Buffer.concat([bytes, Buffer.of(0)]).toString('base64url')}`),
      bearer('all zeros', `${start}.${Buffer.alloc(bytes.length).toString('base64url')}`),
      bearer('left out', `${start}.`),
      bearer('left out with its dot', start),
    ]
  },
}
