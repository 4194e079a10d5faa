import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What an authenticator can be told to do, right or wrong. */
export interface AuthenticatorOptions {
  readonly origin: string
  readonly rpId: string
  /** Flags of the authenticator data: the user touched it, was recognised, and the key is copied between devices. */
  readonly present?: boolean
  readonly verified?: boolean
  readonly synced?: boolean
  /** Raised by each signature; an authenticator that does not count stays at zero. */
  readonly counts?: boolean
}

interface Options {
  readonly challenge: string
  readonly user?: { readonly id: string }
}

/**
 * An authenticator in software with one ES256 key (WebAuthn level 3 section 6), for what a browser would not do: wrong
 * origins, replays, copies whose counters fall.
 */
export class Authenticator {
  readonly credentialId = randomBytes(32)
  readonly #privateKey: KeyObject
  readonly #x: Buffer
  readonly #y: Buffer
  counter = 0
  userHandle = ''
  #options: AuthenticatorOptions

  constructor(options: AuthenticatorOptions) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.#privateKey = privateKey
    this.#x = Buffer.from(x, 'base64url')
    this.#y = Buffer.from(y, 'base64url')
    this.#options = options
  }

  /** Whatever is said here counts from now on. */
  become(options: Partial<AuthenticatorOptions>): this {
    this.#options = { ...this.#options, ...options }
    return this
  }

  /** Answers `navigator.credentials.create`. */
  create({ challenge, user }: Options): Record<string, unknown> {
    this.userHandle = user?.id ?? ''
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.credentialId.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, this.credentialId, this.#coseKey()])
    const authData = this.#authenticatorData(attested)
    return {
      ...this.#named(),
      response: {
        clientDataJSON: this.#clientData('webauthn.create', challenge),
        attestationObject: base64Url(
          Buffer.concat([
            Buffer.from([0xa3]),
            cborText('fmt'),
            cborText('none'),
            cborText('attStmt'),
            Buffer.from([0xa0]),
            cborText('authData'),
            cborBytes(authData),
          ]),
        ),
        transports: ['internal', 'made-up'],
      },
    }
  }

  /** Answers `navigator.credentials.get`. */
  get({ challenge }: Options): Record<string, unknown> {
    if (this.#options.counts) this.counter += 1
    const authData = this.#authenticatorData()
    const clientDataJSON = this.#clientData('webauthn.get', challenge)
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()
    const signature = sign('sha256', Buffer.concat([authData, hash]), this.#privateKey)
    return {
      ...this.#named(),
      response: {
        clientDataJSON,
        authenticatorData: base64Url(authData),
        signature: base64Url(signature),
        userHandle: this.userHandle,
      },
    }
  }

  #named() {
    const id = base64Url(this.credentialId)
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {} }
  }

  #clientData(type: string, challenge: string): string {
    const { origin } = this.#options
    return base64Url(Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })))
  }

  #authenticatorData(attested = Buffer.alloc(0)): Buffer {
    const { rpId, present = true, verified = true, synced = true } = this.#options
    const flags =
      (present ? 0x01 : 0) | (verified ? 0x04 : 0) | (synced ? 0x18 : 0) | (attested.length > 0 ? 0x40 : 0)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(this.counter)
    return Buffer.concat([
      createHash('sha256').update(rpId).digest(),
      Buffer.from([flags]),
      counter,
      attested,
    ])
  }

  /** EC2, ES256, P-256, x, y (RFC 9053 section 7.1.1). */
  #coseKey(): Buffer {
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      cborBytes(this.#x),
      Buffer.from([0x22]),
      cborBytes(this.#y),
    ])
  }
}

function base64Url(bytes: Buffer): string {
  return bytes.toString('base64url')
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])
}

/** In the shortest form: 0x58 for one byte of length, 0x59 for two. */
function cborBytes(bytes: Buffer): Buffer {
  const head = bytes.length < 256 ? [0x58, bytes.length] : [0x59, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.from(head), bytes])
}
