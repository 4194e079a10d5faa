import type { NextConfig } from 'next'

export default {
  // Loaded as it is: it brings a hash library and threads of its own, which no bundler can take along.
  serverExternalPackages: ['countersign'],
  poweredByHeader: false,
} satisfies NextConfig
