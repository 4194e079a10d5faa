import { constants, createHmac, sign as signBytes } from 'node:crypto'
import type { MadeKey } from './keys.ts'

type Members = Record<string, unknown>

export interface Sign {
  readonly key: string
  readonly alg: string
  readonly key_bytes?: 'text' | 'base64' | 'public_pem'
}

export interface Edit extends Members {
  readonly edit: string
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token as the vocabulary says: both segments without white space, signed with that key and algorithm or not at all. */
export function makeToken(
  header: Members,
  claims: Members,
  sign: Sign | null,
  keys: ReadonlyMap<string, MadeKey>,
): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign === null ? '' : signature(input, sign, keyOf(sign.key, keys)).toString('base64url')}`
}

function keyOf(name: string, keys: ReadonlyMap<string, MadeKey>): MadeKey {
  const key = keys.get(name)
  if (key === undefined) throw new Error(`there is no key ${name}`)
  return key
}

function signature(input: string, { alg, key_bytes = 'text' }: Sign, key: MadeKey): Buffer {
  const data = Buffer.from(input)
  if (alg === 'HS256') return createHmac('sha256', secretBytes(key, key_bytes)).update(data).digest()
  if (key.kind !== 'pair') throw new Error(`${alg} needs a key pair`)
  const { privateKey } = key
  if (alg === 'EdDSA') return signBytes(null, data, privateKey)
  if (alg === 'ES256') return signBytes('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  if (alg === 'RS256') return signBytes('sha256', data, privateKey)
  if (alg === 'PS256')
    return signBytes('sha256', data, {
      key: privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    })
  throw new Error(`no algorithm: ${alg}`)
}

function secretBytes(key: MadeKey, form: string): Buffer | string {
  if (form === 'public_pem') {
    if (key.kind !== 'pair') throw new Error('public_pem needs a key pair')
    return key.publicKey.export({ type: 'spki', format: 'pem' })
  }
  if (key.kind !== 'secret') throw new Error(`${form} needs a secret`)
  return form === 'base64' ? Buffer.from(key.text, 'base64') : key.text
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  truncateSignature: ['count'],
  flipSignatureBit: ['byte', 'bit'],
  replaceSegment: ['segment', 'text'],
  setHeader: ['set', 'drop'],
  setClaims: ['set', 'drop'],
  derSignature: [],
  base64StandardAlphabet: ['segment'],
  padding: ['segment', 'count'],
  strayBits: ['segment'],
  appendText: ['text'],
  prependText: ['text'],
  wrapQuotes: ['quote'],
  insertChar: ['segment', 'index', 'char'],
}

/** One edit of a finished token; none of them signs again. Texts in it are resolved already. */
export function editToken(text: string, edit: Edit): string {
  const known = MEMBERS[edit.edit]
  const odd = Object.keys(edit).find((name) => name !== 'edit' && known?.includes(name) !== true)
  if (known === undefined || odd !== undefined) throw new Error(`no such edit: ${edit.edit} ${odd ?? ''}`)
  const parts = text.split('.')
  const at = (segment: number): string => {
    const part = parts[segment]
    if (part === undefined) throw new Error(`there is no segment ${segment}`)
    return part
  }
  const put = (segment: number, change: (part: string) => string): string => {
    parts[segment] = change(at(segment))
    return parts.join('.')
  }
  const segment = edit.segment as number
  switch (edit.edit) {
    case 'truncateSignature':
      return put(2, (part) => part.slice(0, Math.max(0, part.length - (edit.count as number))))
    case 'flipSignatureBit':
      return put(2, (part) => flipped(part, edit.byte as number, edit.bit as number))
    case 'replaceSegment':
      return put(segment, () => edit.text as string)
    case 'setHeader':
      return put(0, (part) => changed(part, edit))
    case 'setClaims':
      return put(1, (part) => changed(part, edit))
    case 'derSignature':
      return put(2, (part) => der(Buffer.from(part, 'base64url')).toString('base64url'))
    case 'base64StandardAlphabet': {
      const swap = (part: string): string => part.replaceAll('-', '+').replaceAll('_', '/')
      return edit.segment === undefined ? parts.map(swap).join('.') : put(segment, swap)
    }
    case 'padding':
      return put(
        segment,
        (part) => part + '='.repeat((edit.count as number | undefined) ?? (4 - (part.length % 4)) % 4),
      )
    case 'strayBits':
      return put(segment, stray)
    case 'appendText':
      return text + (edit.text as string)
    case 'prependText':
      return (edit.text as string) + text
    case 'wrapQuotes': {
      const quote = (edit.quote as string | undefined) ?? '"'
      return `${quote}${text}${quote}`
    }
    default:
      return put(segment, (part) => {
        const index = edit.index as number
        const place = index < 0 ? part.length + index : index
        return part.slice(0, place) + (edit.char as string) + part.slice(place)
      })
  }
}

function flipped(part: string, byte: number, bit: number): string {
  const bytes = Buffer.from(part, 'base64url')
  const index = byte < 0 ? bytes.length + byte : byte
  const value = bytes[index]
  if (value === undefined) throw new Error(`there is no byte ${byte}`)
  bytes[index] = value ^ (1 << bit)
  return bytes.toString('base64url')
}

function changed(part: string, { set = {}, drop = [] }: Edit): string {
  const value: Members = { ...JSON.parse(Buffer.from(part, 'base64url').toString()), ...(set as Members) }
  for (const name of drop as string[]) delete value[name]
  return encode(value)
}

function der(signature: Buffer): Buffer {
  const half = signature.length / 2
  const body = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))])
  return Buffer.concat([
    body.length < 128 ? Buffer.from([0x30, body.length]) : Buffer.from([0x30, 0x81, body.length]),
    body,
  ])
}

function integer(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  const signed = (digits[0] ?? 0) >= 128 ? Buffer.concat([Buffer.from([0]), digits]) : digits
  return Buffer.concat([Buffer.from([0x02, signed.length]), signed])
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function stray(part: string): string {
  if (part.length % 4 < 2) throw new Error('the last character of this segment has no bits to spare')
  const value = ALPHABET.indexOf(part.at(-1) ?? '')
  return part.slice(0, -1) + ALPHABET[value | 1]
}
