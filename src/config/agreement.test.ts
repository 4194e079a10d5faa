import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEVELOPMENT, PRODUCTION, problemsOf, refused } from '../../test/config/problems.ts'
import { systemRandom } from '../base/random.ts'
import { newSecretKey } from './secret-key.ts'

const key = newSecretKey(systemRandom)

test('settings that contradict each other are refused', () => {
  refused({ port: 0 }, 'issuer must be set where PORT is 0')
  refused({ databaseListenUrl: 'postgres://localhost/x' }, 'databaseListenUrl is only for PostgreSQL')
  refused({ databaseConnections: 8 }, 'databaseConnections is only for PostgreSQL')
  refused({ databasePreparedStatements: false }, 'databasePreparedStatements is only for PostgreSQL')
  refused({ refreshIdleDays: 10, refreshTokenExpireDays: 5 }, 'refreshIdleDays cannot be more than')
  refused(
    { passwords: { profile: 'nist', minimumLength: 14 } },
    'passwords.minimumLength must be at least 15',
  )
  refused({ roles: { a: { scopes: ['ghost'] } } }, 'roles gives `a` the scope `ghost`')
  refused({ roles: { a: { scopes: ['toString'] } } }, 'roles gives `a` the scope `toString`')
  refused({ defaultRoles: ['ghost'] }, 'defaultRoles names `ghost`')
  refused({ defaultRoles: ['constructor'] }, 'defaultRoles names `constructor`')
  refused({ defaultRoles: ['admin'] }, 'defaultRoles would make everybody who registers an administrator')
  for (const options of [
    { roles: { boss: { scopes: ['admin:users'] } }, defaultRoles: ['boss'] },
    { roles: { user: { scopes: ['profile:read', 'admin:keys'] } } },
  ])
    refused(options, 'defaultRoles would make everybody who registers an administrator')
  refused({ sessionIdleMinutes: 121, sessionHours: 2 }, 'sessionIdleMinutes cannot be more than sessionHours')
  refused({ sessionIdleMinutes: 1440 }, 'sessionIdleMinutes cannot be more than sessionHours, which is 12')
  refused({ adminSessionIdleMinutes: 481 }, 'adminSessionIdleMinutes cannot be more than adminSessionHours')
  assert.deepEqual(problemsOf({ sessionIdleMinutes: 120, sessionHours: 2 }), [])
})

test('G-8: an issuer outside loopback uses https', () => {
  for (const surroundings of [DEVELOPMENT, PRODUCTION]) {
    refused({ issuer: 'http://auth.example.com', secretKey: key }, 'issuer must use https', surroundings)
    refused({ issuer: 'http://192.168.1.5:8000', secretKey: key }, 'issuer must use https', surroundings)
    refused({ host: '0.0.0.0', secretKey: key }, 'issuer must use https outside loopback', surroundings)
    assert.deepEqual(problemsOf({ issuer: 'https://auth.example.com', secretKey: key }, surroundings), [])
  }
})

test('A15: production asks for a key, wherever it follows from', () => {
  const asked = 'secretKey is required in production'
  refused({}, `${asked} (NODE_ENV is production): hand over what`, PRODUCTION)
  refused({ issuer: 'https://auth.example.com' }, `${asked} (the issuer is https://auth.example.com): hand`)
  refused({ host: '0.0.0.0', issuer: 'http://localhost' }, `${asked} (HOST is 0.0.0.0): hand over what`)
  refused({ secretKey: '' }, 'secretKey is empty', PRODUCTION)
  assert.deepEqual(problemsOf({ secretKey: key }, PRODUCTION), [])
})

test('G-8: production refuses a process that believes every certificate', () => {
  const careless = { ...PRODUCTION, tlsRejectUnauthorized: '0' }
  refused({ secretKey: key }, 'NODE_TLS_REJECT_UNAUTHORIZED is 0', careless)
  assert.deepEqual(problemsOf({ secretKey: key }, { ...careless, tlsRejectUnauthorized: '1' }), [])
  assert.deepEqual(problemsOf({}, { ...careless, nodeEnv: undefined }), [])
})
