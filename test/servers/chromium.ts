import { type Browser, chromium } from 'playwright-core'
import { chromiumBrowser, requireProgram } from './programs.ts'

/** Starts Chromium with a fresh profile, no window and no errands of its own. `close()` ends it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireProgram(chromiumBrowser),
    headless: true,
    args: [
      // Its sandbox cannot start as root, nor where a system forbids user namespaces. It only sees our own pages.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
