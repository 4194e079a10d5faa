import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import { equalInConstantTime } from '../base/constant-time.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { SecretKey, SecretKeys } from '../keys/secret-keys.ts'

/** fingerprint of the secret key 4 · MAC 16 · position */
const AT = { mac: 4, position: 20 } as const
const LONGEST_CURSOR = 500

/**
 * Where a list goes on. A cursor is signed: a position that we did not give out never reaches a query (X36), and one of
 * another list, or of the same list under another filter, is none of this one.
 */
export interface Cursors {
  /** `list` names the list and what it is filtered by. */
  write(list: string, position: string): string
  /** The position; throws `REQUEST_INVALID` for what is not a cursor of this very list. */
  read(list: string, text: string): string
}

export function createCursors(secretKeys: SecretKeys): Cursors {
  const macOf = (key: SecretKey, list: string, position: Buffer): Uint8Array => {
    const head = Buffer.from(`${Buffer.byteLength(list)}:${list}`)
    const mac = key.mac('cursor', head.toString('latin1') + position.toString('latin1'))
    return Buffer.from(mac, 'latin1').subarray(0, AT.position - AT.mac)
  }

  return {
    write(list, position) {
      const key = secretKeys.writing
      const bytes = Buffer.from(position)
      return encodeBase64Url(
        Buffer.concat([Buffer.from(key.fingerprint, 'hex'), macOf(key, list, bytes), bytes]),
      )
    },
    read(list, text) {
      const bytes = text.length > LONGEST_CURSOR ? undefined : decodeBase64Url(text)
      const key = bytes && secretKeys.find(bytes.toString('hex', 0, AT.mac))
      if (bytes === undefined || key === undefined || bytes.length < AT.position) return refuse()
      const position = bytes.subarray(AT.position)
      if (!equalInConstantTime(macOf(key, list, position), bytes.subarray(AT.mac, AT.position)))
        return refuse()
      return position.toString('utf8')
    },
  }
}

function refuse(): never {
  throw new AuthError('REQUEST_INVALID', {
    fields: [{ field: 'cursor', message: 'Is not a cursor of this list. Begin without one.' }],
  })
}
