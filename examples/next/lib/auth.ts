import { createAuth } from 'countersign'
import config from '../countersign.config'
import { one } from './one'

/** The issuer, which lives in this very process. `createAuth` takes nothing from the environment by itself. */
export const auth = one('auth', () => {
  const { SECRET_KEY, TRUSTED_PROXIES = '0' } = process.env
  const secret = SECRET_KEY === undefined ? {} : { secretKey: SECRET_KEY }
  return createAuth({ ...config, ...secret, trustedProxies: Number(TRUSTED_PROXIES) })
})

/**
 * Next says where a request came from in X-Forwarded-For alone, so to Countersign it is a proxy on this machine: with
 * TRUSTED_PROXIES=1 the last address there counts. In front of Next that has to be written by a proxy of yours.
 */
export const FROM_NEXT = { address: '127.0.0.1' }
