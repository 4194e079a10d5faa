import type { AuthOptions } from 'countersign'

export const ISSUER = process.env.ISSUER ?? 'http://127.0.0.1:8000'

/** The one name by which tokens are made for the orders service. */
export const AUDIENCE = 'https://orders.example.com'

export default {
  issuer: ISSUER,
  audience: AUDIENCE,
  scopes: { 'orders:read': 'See your orders' },
  roles: { user: { scopes: ['profile:read', 'orders:read'] } },
} as const satisfies AuthOptions
