import { createAuth } from 'countersign'
import config from '../countersign.config.ts'

export const auth = createAuth(config)
export const mayRead = auth.needs({ scopes: ['todos:read'] })
export const mayWrite = auth.needs({ scopes: ['todos:write'] })
export const isAdmin = auth.needs({ roles: ['admin'] })
