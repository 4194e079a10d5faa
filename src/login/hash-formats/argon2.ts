import { argon2Hash } from './derivation.ts'
import { decodeBase64, type HashFormat } from './format.ts'

const PATTERN =
  /^\$argon2(id|i|d)(?:\$v=(\d{1,3}))?\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, the text every Argon2 library writes; ours too. */
export const argon2: HashFormat = {
  name: 'argon2',
  recognises: (stored) => stored.startsWith('$argon2'),
  read(stored) {
    const [, variant, version, memory, passes, lanes, salt, expected] = PATTERN.exec(stored) ?? []
    if (!variant || !salt || !expected) return 'malformed'
    return argon2Hash({
      variant,
      version: Number(version ?? 16), // the first version wrote no number
      memoryKibibytes: Number(memory),
      passes: Number(passes),
      lanes: Number(lanes),
      salt: decodeBase64(salt),
      expected: decodeBase64(expected),
    })
  },
}
