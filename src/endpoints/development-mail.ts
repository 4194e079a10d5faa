import { html } from '../base/html.ts'
import { AuthError } from '../errors/auth-error.ts'
import { pageHeaders } from '../http/headers.ts'
import { outsideHost } from '../http/outside-host.ts'
import type { KeptMail } from '../mail/development-mailbox.ts'
import { anyone } from '../model/access.ts'
import { uncounted } from '../model/rate.ts'
import { route } from './route.ts'
import type { PageServices } from './services.ts'

/** The letters of late, to be read in development; elsewhere there is nothing at this address. */
export const developmentMail = route({
  method: 'GET',
  path: '/dev/mail',
  access: anyone,
  limit: uncounted('is there in development alone'),
  tag: 'Documents',
  style: 'problem',
  summary: 'Letters, in development',
  answers: { 200: { description: 'A page.', mediaType: 'text/html' } },
  hidden: true,
  async handle({ request, services }) {
    const { mailbox } = services
    if (mailbox === undefined) throw new AuthError('NOT_FOUND')
    // A page of another site whose name was made to lead to this machine would read the links in them.
    const host = outsideHost(request)
    if (host !== undefined) throw new AuthError('DEVELOPMENT_EXPOSED', { details: { host } })
    const { pages } = services
    const style = pages && (await styleOf(pages))
    const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Letters</title>
${style && html`<link rel="stylesheet" href="${style}">`}
</head>
<body>
<div class="page wide"><main>
<h1>Letters</h1>
${mailbox.letters.length === 0 ? html`<p>None yet.</p>` : mailbox.letters.map(shown)}
</main></div>
</body>
</html>
`
    return {
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        ...pageHeaders({ https: services.grants.settings.issuer.startsWith('https:') }),
      },
      body: page.toString(),
    }
  },
})

async function styleOf({ base, brand }: PageServices): Promise<string> {
  const [{ filesUnder }, { filesOfPages }] = await Promise.all([
    import('./pages/view.ts'),
    import('../pages/files.ts'),
  ])
  return filesUnder(base, filesOfPages(brand).names).style
}

function shown({ to, subject, text, language, at }: KeptMail) {
  const lines = text.split('\n').map((line) => {
    const isLink = /^https?:\/\/\S+$/.test(line)
    return isLink ? html`<a href="${line}">${line}</a><br>` : html`${line}<br>`
  })
  return html`<section>
<h2 lang="${language}">${subject}</h2>
<p class="small muted">${to}, ${new Date(at).toISOString()}</p>
<p lang="${language}">${lines}</p>
</section>
`
}
