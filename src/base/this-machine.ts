/**
 * Whether a host of a URL can only be this very machine: a loopback address (RFC 1122 section 3.2.1.3, RFC 4291), or
 * `localhost`. Nothing is looked up: another name that leads here, such as `app.localhost`, is up to whoever resolves
 * it, so it is none.
 */
export function isThisMachine(host: string): boolean {
  return /^(?:localhost|::1|\[::1\]|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})$/i.test(host)
}
