/** Settings of the product (and their `_FILE` forms): a test must not read those of the person who runs it. */
const OURS =
  /^(HOST|PORT|ISSUER|AUDIENCE|SECRET_KEY|DATABASE_URL|DATABASE_LISTEN_URL|REDIS_URL|JWT_.*|ACCESS_TOKEN_.*|REFRESH_.*|TRUSTED_PROXIES|CORS_ORIGINS|NODE_ENV|NODE_OPTIONS)(_FILE)?$/

/** The environment tests run in. */
export function testEnvironment(
  outside: NodeJS.ProcessEnv,
  counts: 'quick' | 'full' | 'long',
): NodeJS.ProcessEnv {
  const kept = Object.entries(outside).filter(([name]) => !OURS.test(name))
  return { ...Object.fromEntries(kept), COUNTERSIGN_TEST_COUNTS: counts }
}
