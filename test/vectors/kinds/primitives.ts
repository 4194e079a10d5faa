import { encodeBase64Url } from '../../../src/base/base64url.ts'
import type { JsonObject } from '../../../src/base/strict-json.ts'
import { hmacVerificationKey, type VerificationKey } from '../../../src/keys/verification-key.ts'
import { readStoredHash } from '../../../src/login/password-hash.ts'
import { isHashable } from '../../../src/login/password-text.ts'
import { firstOf, type Kind, kind, type Report } from '../tally.ts'
import { pinned } from './keys.ts'

interface Test {
  readonly tcId: number
  readonly comment: string
  readonly msg: string
  readonly sig?: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface SignatureGroup {
  readonly publicKey: { readonly wx?: string; readonly wy?: string; readonly pk?: string }
  readonly publicKeyJwk?: JsonObject
  readonly tests: readonly Test[]
}

interface MacGroup {
  readonly keySize: number
  readonly tagSize: number
  readonly tests: readonly (Test & { readonly key: string; readonly tag: string })[]
}

interface DerivationGroup {
  readonly tests: readonly {
    readonly tcId: number
    readonly password: string
    readonly salt: string
    readonly iterationCount: number
    readonly dkLen: number
    readonly dk: string
    readonly result: string
  }[]
}

const ofType = (type: string) => (content: Readonly<Record<string, unknown>>) =>
  firstOf(content.testGroups).type === type

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

function checkSignature(
  key: VerificationKey | undefined,
  test: Test,
  signature: string,
  report: Report,
): void {
  const genuine = key?.verify(bytes(test.msg).toString('latin1'), bytes(signature)) ?? false
  report.check(
    test.tcId,
    genuine === (test.result === 'valid'),
    `${test.comment}: ${genuine ? 'accepted' : 'refused'}`,
  )
}

function runSignatures(alg: string, jwkOf: (group: SignatureGroup) => JsonObject) {
  return ({ testGroups }: { readonly testGroups: readonly SignatureGroup[] }, report: Report): void => {
    for (const group of testGroups) {
      const key = pinned(group.publicKeyJwk ?? jwkOf(group), alg)
      for (const test of group.tests) checkSignature(key, test, test.sig ?? '', report)
    }
  }
}

/** A coordinate of P-256 has 32 bytes; the files write it as a number. */
function coordinate(hex = ''): string {
  return encodeBase64Url(bytes(hex.replace(/^0+/, '').padStart(64, '0')))
}

/** What signatures, MACs and derived keys rest on, by Wycheproof's files. */
export const primitives: readonly Kind[] = [
  kind(
    'ES256 signatures of Wycheproof',
    ofType('EcdsaP1363Verify'),
    runSignatures('ES256', ({ publicKey: { wx, wy } }) => ({
      kty: 'EC',
      crv: 'P-256',
      x: coordinate(wx),
      y: coordinate(wy),
    })),
  ),
  kind(
    'Ed25519 signatures of Wycheproof',
    ofType('EddsaVerify'),
    runSignatures('EdDSA', ({ publicKey: { pk = '' } }) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: encodeBase64Url(bytes(pk)),
    })),
  ),
  kind<{ readonly testGroups: readonly MacGroup[] }>(
    'MACs of Wycheproof',
    ofType('MacTest'),
    ({ testGroups }, report) => {
      for (const { keySize, tagSize, tests } of testGroups) {
        for (const test of tests) {
          if (keySize < 256) {
            report.check(
              test.tcId,
              throwsRange(() => hmacVerificationKey(bytes(test.key), 'k')),
              'a short secret was taken',
            )
          } else if (tagSize < 256) {
            const taken = hmacVerificationKey(bytes(test.key), 'k').verify(
              bytes(test.msg).toString('latin1'),
              bytes(test.tag),
            )
            report.check(test.tcId, !taken, 'a MAC that was cut was taken')
          } else {
            checkSignature(hmacVerificationKey(bytes(test.key), 'k'), test, test.tag, report)
          }
        }
      }
    },
  ),
  kind<{ readonly testGroups: readonly DerivationGroup[] }>(
    'PBKDF2 of Wycheproof',
    ofType('PbkdfTest'),
    ({ testGroups }, report) => {
      for (const test of testGroups.flatMap(({ tests }) => tests)) {
        const password = bytes(test.password).toString('utf8')
        if (!bytes(test.password).equals(Buffer.from(password)) || !isHashable(password)) {
          report.skip('a password that is no text, or one that no password of ours can be')
          continue
        }
        const [salt, dk] = [test.salt, test.dk].map((hex) => bytes(hex).toString('base64').replace(/=+$/, ''))
        const hash = readStoredHash(`$pbkdf2-sha256$${test.iterationCount}$${salt}$${dk}`)
        if (typeof hash === 'string') {
          const onPurpose = test.dkLen < 16 || test.dkLen > 128 || test.salt === ''
          report.check(test.tcId, onPurpose, hash)
          continue
        }
        const derived = hash.derive(password)
        const equal = typeof derived !== 'string' && bytes(test.dk).equals(derived)
        report.check(test.tcId, equal === (test.result === 'valid'), 'another key was derived')
      }
    },
  ),
]

function throwsRange(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    return error instanceof RangeError
  }
}
