import { isIP } from 'node:net'
import { type Basis, Derived, setting } from '../setting.ts'
import { isCanonicalHttpUrl, isPlainLine, textThat, wholeNumber } from '../values.ts'

const HOST_NAME =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/i

/** Where the service listens, and by what name its tokens call it. */
export const address = {
  host: setting({
    kind: textThat(
      'an IP address or a host name, without scheme and port',
      (text) => isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text)),
    ),
    environment: 'HOST',
    default: '127.0.0.1',
    description: 'The address the stand-alone server listens on; `0.0.0.0` and `::` are every address.',
  }),
  port: setting({
    kind: wholeNumber(0, 65_535),
    environment: 'PORT',
    default: 8000,
    description:
      'The port the stand-alone server listens on; `0` lets the system choose one and needs an `ISSUER`.',
  }),
  issuer: setting({
    kind: textThat(
      'an http or https URL as a browser would write it, without user, query and fragment',
      isCanonicalHttpUrl,
    ),
    environment: 'ISSUER',
    default: new Derived('`http://HOST:PORT`; `https://…` where the server itself answers https', issuerAt),
    description:
      'The URL under which clients reach the service: the `iss` of every token, compared byte for byte, and the start ' +
      'of every link. https outside loopback.',
  }),
  audience: setting({
    kind: textThat('one line of text', (text) => isPlainLine(text) && text.length <= 512),
    environment: 'AUDIENCE',
    default: new Derived('`ISSUER`', ({ issuer }) => issuer),
    description: 'The `aud` of access tokens: the API they are for.',
  }),
}

function issuerAt({ scheme, host, port }: Basis): string {
  const url = new URL(`${scheme}://localhost`)
  url.hostname = isIP(host) === 6 ? `[${host}]` : host
  url.port = String(port)
  return url.origin
}
