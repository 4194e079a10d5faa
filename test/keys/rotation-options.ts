import type { AuthOptions } from '../../src/index.ts'

export const LIFE_SECONDS = 60

/** The life of keys in fast motion; tokens live as short as the settings allow. */
export function optionsOf(secretKey: string, cacheMilliseconds: number): AuthOptions {
  return {
    secretKey,
    logLevel: 'silent',
    issuer: 'http://127.0.0.1:8000',
    accessTokenExpireMinutes: LIFE_SECONDS / 60,
    rateLimits: 'off',
    // What a busy machine hears late is no part of it.
    maxStalenessSeconds: 300,
    keyTimes: {
      cacheMilliseconds,
      publishingMarginMilliseconds: 100,
      keepingMarginMilliseconds: 12_000,
      announcingMilliseconds: 100,
    },
  }
}
