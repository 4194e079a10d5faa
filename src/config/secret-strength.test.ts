import assert from 'node:assert/strict'
import { createHash, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { PUBLISHED_SECRETS } from './published-secrets.ts'
import { newSecretKey } from './secret-key.ts'
import { secretProblems } from './secret-strength.ts'

const good = {
  'base64url of 32 bytes': 'Jx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6s',
  'base64url of 64 bytes':
    'mB1x9Qe_TzR4vLk7WpHd0cYn3sUaGjF8oXiE2KtNqZl5rVb6MwCyPhSgJuDfA-I0OkTQ7eYx3nRcLz4BmHpWvg',
  'hex of 32 bytes': '8f1d0b7ce2a94635b0f27ed18c63a95e4471dd0bc8f23e5a96b1703ce84fd259',
}

const bad: Readonly<Record<string, string>> = {
  empty: '',
  blank: '   ',
  'a newline': '\n',
  'a word': 'secret',
  'a word in capitals': 'CHANGEME',
  'a word in quotes': '"changeme"',
  'the key of the FastAPI tutorial': '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'the same in capitals': '09D25E094FAA6CA2556C818166B7A9563B93F7099F6F0F4CAA6CF63B88E8D3E7',
  'the same in quotes, with a newline':
    "'09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'\n",
  'the key of the Flask tutorial': '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  'the key of Spring tutorials': '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
  'the key of RFC 7515 A.1':
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'the same as base64':
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow==',
  'the key of RFC 7520': 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
  'the sample of jwt.io': 'your-256-bit-secret',
  'the newer sample of jwt.io': 'a-string-secret-at-least-256-bits-long',
  "Express's sample": 'keyboard cat',
  "Django's insecure key": 'django-insecure-9x!k2#v$w8h@3q&m5z^t7r*e1y(u0i)o-p_l+k=jhgfds',
  "a template's": 'super-secret-jwt-token-with-at-least-32-characters-long',
  '31 bytes': Buffer.alloc(31, 'Zk8hS1aBd7YtWm5Lc2NrU9oPf').toString('base64url'),
  '42 characters': 'Jx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6',
  '62 characters of hex': '8f1d0b7ce2a94635b0f27ed18c63a95e4471dd0bc8f23e5a96b1703ce84fd2',
  'one character': 'a'.repeat(43),
  'one byte': Buffer.alloc(32, 0).toString('base64url'),
  'two characters': 'aB'.repeat(22),
  'a piece, repeated': 'Xk3_pQ9zLm7'.repeat(4),
  'one half twice': 'Jx3vq0Zk8hS1aBd-7YtWm5'.repeat(2),
  'few characters': 'abcABCabAcBCabCABcaBcCbAaCBbcABacbACBacbCABA',
  'the alphabet': 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'a keyboard': 'qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM',
  'counting bytes': Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)).toString('base64url'),
  'counting bytes in hex': Buffer.from(Array.from({ length: 32 }, (_, byte) => 255 - byte * 3)).toString(
    'hex',
  ),
  'digits only': '9182736450918273645546372819283746556473829101928',
  'words with dashes': 'correct-horse-battery-staple-and-some-more-of-them-too',
  'words in camel case': 'MySuperSecretKeyThatIsVeryLongAndShouldBeSecure',
  'words with digits for letters': 'MySup3rS3cr3tK3yForProduct10nDoNotShareXq7ZpLw2',
  'a sentence as base64url': Buffer.from('this is my very secret sentence, ok?').toString('base64url'),
  'a sentence as hex': Buffer.from('this is my very secret sentence.').toString('hex'),
  'hex as base64url': Buffer.from('8f1d0b7ce2a94635b0f27ed18c63a95e').toString('base64url'),
  'a random password': 'T7#qz!9Lw@x3$Kd^8Rm&2Vb*6Yc(4Hf)1Ng_5Js+0Pe',
  'base64 with padding': 'Jx3vq0Zk8hS1aBd+7YtWm5Lc2NrU9oPf/E4gKwXiQ6s=',
  'white space before it': ' Jx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6s',
  'a newline after it': 'Jx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6s\n',
  'quotes round it': '"Jx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6s"',
  'stray bits at its end': 'Jx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6t',
  'more than anybody needs': newSecretKey(systemRandom).repeat(7),
  'letters of another script': 'ЖJx3vq0Zk8hS1aBd-7YtWm5Lc2NrU9oPf_E4gKwXiQ6',
}

for (const [name, secret] of Object.entries(good)) {
  test(`A15: ${name} will do`, () => assert.deepEqual(secretProblems(secret), []))
}

for (const [name, secret] of Object.entries(bad)) {
  test(`A15: ${name} will not do`, () => {
    const problems = secretProblems(secret)
    assert.notDeepEqual(problems, [])
    // A sentence about a secret must not repeat it.
    const shown = secret.trim()
    if (shown.length > 6) for (const problem of problems) assert.ok(!problem.includes(shown), problem)
  })
}

test('A15: nothing that is published will do, however it is dressed', () => {
  for (const secret of PUBLISHED_SECRETS) {
    for (const dressed of [
      secret,
      ` ${secret}\n`,
      `"${secret}"`,
      `'${secret}'`,
      secret.toUpperCase(),
      `${secret}==`,
    ]) {
      assert.notDeepEqual(secretProblems(dressed), [], dressed)
    }
  }
})

test('A15: what a random source gives is never refused', () => {
  const seed = randomInt(2 ** 47)
  let count = 0
  const random = (bytes: number): Uint8Array => {
    const stream = createHash('shake256', { outputLength: bytes })
    return new Uint8Array(stream.update(`${seed} ${count++}`).digest())
  }
  for (let round = 0; round < 5000; round++) {
    const key = newSecretKey(random)
    const hex = Buffer.from(random(32)).toString('hex')
    for (const secret of [key, hex]) assert.deepEqual(secretProblems(secret), [], `${secret}, seed ${seed}`)
  }
})
