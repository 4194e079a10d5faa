import { certain, found } from '../../finding.ts'
import { isRefused } from '../../http-facts.ts'
import { isMeantOpen } from '../../open-path.ts'
import type { Rule } from '../../rule.ts'
import { clipped } from '../../words.ts'
import { said } from './said.ts'

export const secretUndefined: Rule = (facts) => {
  const { config, code } = facts
  const words =
    /secretorprivatekey must have a value|secretorkey|secret or key|requires a secret|secret or public key must be provided|key argument.*undefined|secret is undefined|jwt_secret.*(?:undefined|not set|required)|expected a string.*none/.exec(
      said(facts),
    )
  const isWord = /^(?:|undefined|null|none|\$\{?\w+\}?)$/i.test(config.secret ?? 'set')
  const symmetric = config.algorithms?.some((name) => name.startsWith('HS')) ?? false
  const absent = config.secret === undefined && config.secret_source === 'environment' && symmetric
  const early = (config.secret === undefined || isWord) && readsEarly(code)
  if (words === null && !isWord && !absent && !early) return undefined
  return found('SECRET_UNDEFINED', words !== null || isWord || absent, {
    evidence: [
      `${isWord ? `The secret of the service is ${config.secret === '' ? 'empty' : `the word \`${config.secret}\``}` : words !== null ? 'The library says that it was given no secret' : absent ? 'The service has no secret, although it should come from the environment' : 'The secret is read from the environment'}${early ? ', and the code reads it while a module is imported, before the configuration (dotenv, ConfigModule) is loaded' : ': it was read before the configuration was loaded, or the variable has another name'}.`,
    ],
    settledBy: ['the value at the moment it is used: log whether it is undefined, never the value'],
    fix: [
      'Load the configuration first and read the secret after that: `import "dotenv/config"` as the very first line, or in Nest `JwtModule.registerAsync({ inject: [ConfigService], useFactory: … })` instead of `register({ secret: process.env.… })`.',
      'Stop the start when the variable is missing (undefined), and check its name in the environment of the process.',
    ],
    explains: ['SIG_WRONG_KEY', 'SECRET_PUBLIC_EXAMPLE', 'SECRET_FALLBACK'],
  })
}

function readsEarly(code: string): boolean {
  const use = code.search(/process\.env\.\w*(?:SECRET|KEY)\w*|os\.(?:environ|getenv)/)
  const load = code.search(/dotenv|ConfigModule\.forRoot|load_dotenv/)
  const registered =
    /JwtModule\.register\(\s*\{[^}]*process\.env/.test(code) ||
    /secret:\s*jwtConstants|super\(\{[^}]*secretOrKey:\s*process\.env/.test(code)
  return (use !== -1 && load !== -1 && use < load) || (registered && !/registerAsync/.test(code))
}

/** Whether a module is imported that is not in the code at hand: it may provide what is missed. */
function importsUnseen(code: string): boolean {
  const [, list = ''] = /imports:\s*\[([^\]]*)/.exec(code) ?? []
  return [...list.matchAll(/\w*Auth\w*Module/g)].some(([name]) => !new RegExp(`class ${name}\\b`).test(code))
}

export const strategy: Rule = (facts) => {
  const words =
    /unknown authentication strategy "?([\w-]+)?"?|no auth(?:entication)? strategy|strategy .{0,20}not (?:registered|defined)/.exec(
      said(facts),
    )
  const guard = /AuthGuard\(['"]([\w-]+)['"]\)/.exec(facts.code)?.[1]
  const provided = /PassportStrategy|providers:\s*\[[^\]]*Strategy|passport\.use\(/.test(facts.code)
  const byCode =
    guard !== undefined &&
    /providers:\s*\[/.test(facts.code) &&
    !/Strategy/.test(/providers:\s*\[[^\]]*\]/.exec(facts.code)?.[0] ?? '')
  if (words === null && !byCode) return undefined
  const name = words?.[1] ?? guard ?? 'jwt'
  return found(
    'STRATEGY_NOT_REGISTERED',
    words !== null || (byCode && !provided && !importsUnseen(facts.code)),
    {
      evidence: [
        `The guard names the strategy \`${clipped(name)}\`, and nobody registered it${words === null ? ': no module provides it' : ' ("Unknown authentication strategy")'}.`,
      ],
      settledBy: ['whether the module that is running provides the strategy'],
      fix: [
        'Register the strategy: add it (`JwtStrategy`) to the `providers` of the module, and import that module (AuthModule, PassportModule) where the guard is used; in plain Express call `passport.use(new JwtStrategy(…))` before the routes.',
        'The name in `PassportStrategy(Strategy, "name")` and in `AuthGuard("name")` has to be the same.',
      ],
      explains: ['REASON_SWALLOWED'],
    },
  )
}

const GUARD =
  /app\.use\(\s*(?!\w*rout)\w*(?:auth|guard|protect|jwt|passport|verify|session|require|expressjwt)\w*/i
const ROUTE =
  /app\.(?:get|post|put|patch|delete)\(\s*['"`]([^'"`]*)|app\.use\(\s*['"]([^'"]*)['"]\s*,\s*(\w*(?:router|routes)\w*)/gi

/** Routes that are no door themselves and stand before the guard of Express: what reaches them has not passed it. */
function hasRoutesBeforeGuard(code: string): boolean {
  const end = code.search(GUARD)
  if (end === -1) return false
  return [...code.slice(0, end).matchAll(ROUTE)].some(
    ([, path = '', mount = '', router = '']) =>
      !isMeantOpen(path || mount) && !/auth|login|session|health|public/i.test(router + mount),
  )
}

export const order: Rule = ({ code, wasAccepted, exchanges }) => {
  const at = (pattern: RegExp): number => code.search(pattern)
  const before = (first: RegExp, second: RegExp): boolean =>
    at(first) !== -1 && at(second) !== -1 && at(first) < at(second)
  const dotnet = before(/UseAuthorization\(/, /UseAuthentication\(/)
  const routing = before(/UseAuthentication\(/, /UseRouting\(/)
  const express = hasRoutesBeforeGuard(code) && (wasAccepted || !exchanges.some(isRefused))
  const django = /MIDDLEWARE\s*=/.test(code) && before(/AuthenticationMiddleware/, /SessionMiddleware/)
  if (!dotnet && !routing && !express && !django) return undefined
  const [first, second] = dotnet
    ? ['UseAuthorization', 'UseAuthentication']
    : routing
      ? ['UseAuthentication', 'UseRouting']
      : django
        ? ['AuthenticationMiddleware', 'SessionMiddleware']
        : ['the routes', 'the guard (authentication)']
  return certain('MIDDLEWARE_ORDER', {
    evidence: [
      `In the code ${first} stands before ${second}: middleware runs in the order in which it is registered${express ? ', so these routes are reached without the guard' : ', so nobody is authenticated yet when permission is decided'}.${wasAccepted ? ' The request was let in.' : ''}`,
    ],
    fix: [
      dotnet
        ? 'Call `app.UseAuthentication()` before `app.UseAuthorization()`, both after `UseRouting()` and before the endpoints.'
        : routing
          ? 'Call `app.UseRouting()` first, then `UseAuthentication()` and `UseAuthorization()`.'
          : `Register ${second} before ${first}: move it up (authentication first, then the routes that it protects).`,
      'Then ask the running application: `countersign routes --probe URL`.',
    ],
    explains: ['ROUTE_UNGUARDED', 'HDR_MISSING', 'STATUS_SWAPPED'],
  })
}
