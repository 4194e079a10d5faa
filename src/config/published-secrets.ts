/**
 * Secrets that are printed in specifications, tutorials and templates, and so are known to everybody who attacks. Those
 * that are merely short or made of words are refused for that (see `secretProblems`); listed here are the ones that look
 * random, the ones that everybody copies, and what the doctor tries a signature with.
 */
export const PUBLISHED_SECRETS: readonly string[] = [
  // FastAPI's security tutorial, Flask's, and the examples most Spring Boot tutorials copy from one another.
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  '_5#y2L"F4Q8z\\n\\xec]/',
  '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
  '5367566B59703373367639792F423F4528482B4D6251655468576D5A71347437',
  // RFC 7515 A.1 and RFC 7517 A.3, RFC 7520 section 3.5, RFC 7519's neighbours in many test suites.
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
  'GawgguFyGrWKav7AX4VKUg',
  // jwt.io, old and new.
  'your-256-bit-secret',
  'your-384-bit-secret',
  'your-512-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  // Frameworks' and services' templates.
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  'keyboard cat',
  'shhhhh',
  'qwertyuiopasdfghjklzxcvbnm123456',
  'thisisasecretkey',
  'some-secret-key',
  'my-secret-key',
  'mysecretkey',
  'my_secret_key',
  'your-secret-key',
  'your_secret_key',
  'your-secret-key-here',
  'your-jwt-secret',
  'supersecretkey',
  'super-secret-key',
  'jwt_secret',
  'jwt-secret',
  'jwtsecret',
  'secretkey',
  'secret_key',
  'secret',
  'changeme',
  'change-me',
  'change_me',
  'changethis',
  'password',
  'test',
  'dev',
]

const PUBLISHED = new Set(PUBLISHED_SECRETS.map(sameSpelling))

/** Whether a secret is printed somewhere public, however it is quoted, padded or capitalised. */
export function isPublished(secret: string): boolean {
  const text = sameSpelling(secret)
  return PUBLISHED.has(text) || text.startsWith('django-insecure-')
}

/** One spelling for what people copy: outer white space and quotes, case, base64's two alphabets and padding. */
function sameSpelling(secret: string): string {
  const inner = secret
    .trim()
    .replace(/^(["'`])(.*)\1$/s, '$2')
    .trim()
  return inner.toLowerCase().replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
