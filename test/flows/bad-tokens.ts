import { type Tokens, tampered } from './issuer.ts'

/** Texts that are no good token, each with what it is: made from good ones, which stay as they are. */
export function badTokens({ access, refresh }: Tokens): (readonly [what: string, token: string])[] {
  const payload = refresh.slice('cs_rt_'.length)
  const bytes = Buffer.from(payload, 'base64url')
  const changed = (at: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return `cs_rt_${copy.toString('base64url')}`
  }
  const [header = '', claims = '', signature = ''] = access.split('.')
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  return [
    ['noise', 'x'],
    ['8 KiB of noise', 'x'.repeat(8192)],
    ['8 KiB of dots', '.'.repeat(8192)],
    ['more than 8 KiB', 'x'.repeat(8193)],
    ['a refresh token cut', refresh.slice(0, -1)],
    ['a refresh token cut in the middle', refresh.slice(0, 60)],
    ['a refresh token extended', `${refresh}A`],
    ['a refresh token with padding', `${refresh}=`],
    ['a refresh token in the standard alphabet', `cs_rt_${bytes.toString('base64')}`],
    ['a refresh token without its prefix', payload],
    ['a refresh token with two prefixes', `cs_rt_${refresh}`],
    ['a refresh token of another user', changed(1)],
    ['a refresh token of another session', changed(21)],
    ['a refresh token of another generation', changed(42)],
    ['a refresh token with another secret', changed(43)],
    ['a refresh token with another MAC', changed(90)],
    ['an access token cut', access.slice(0, -1)],
    ['an access token extended', `${access}A`],
    ['an access token with padding', `${access}=`],
    ['an access token with a line break', `${access}\n`],
    ['an access token changed', tampered(access)],
    ['an access token without a signature', `${header}.${claims}.`],
    ['an access token of two parts', `${header}.${claims}`],
    ['an unsigned access token', `${none}.${claims}.`],
    ['an access token with another header', `${none}.${claims}.${signature}`],
    ['both joined', `${access}${refresh}`],
    ['a bearer header', `Bearer ${access}`],
    ['a list', `["${access}"]`],
    ['an object', '{"$ne":""}'],
    ['a path', '../../etc/passwd'],
    ['SQL', "' OR 1=1 --"],
    ['a prototype', '__proto__'],
  ]
}
