/** In the order in which they are looked for: most browsers also claim to be the ones they descend from. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/\S+.* Safari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac(?:intosh| OS X\b|OS\b)/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** What a device says of itself; either part may be missing. */
export interface Device {
  readonly program: string | undefined
  readonly system: string | undefined
}

/**
 * Program and system out of a User-Agent header, such as Firefox and Windows. The header is the client's own claim: good
 * for recognising one's devices, never for deciding anything.
 */
export function deviceOf(agent: string | undefined): Device {
  if (agent === undefined) return { program: undefined, system: undefined }
  const program = agent.startsWith('Mozilla/') ? nameIn(BROWSERS, agent) : productOf(agent)
  return { program, system: nameIn(SYSTEMS, agent) }
}

/** The same as a name for people: "Firefox on Windows" or "curl"; undefined where it says nothing of the kind. */
export function deviceName(agent: string | undefined): string | undefined {
  const { program, system } = deviceOf(agent)
  if (program !== undefined && system !== undefined) return `${program} on ${system}`
  return program ?? system
}

function nameIn(names: readonly (readonly [RegExp, string])[], agent: string): string | undefined {
  return names.find(([pattern]) => pattern.test(agent))?.[1]
}

/** The first product of the header (RFC 9110 section 10.1.5), without its version. */
function productOf(agent: string): string | undefined {
  return /^[A-Za-z0-9][\w.+-]{0,39}/.exec(agent)?.[0]
}
