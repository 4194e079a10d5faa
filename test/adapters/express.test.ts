import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { guard, protect } from '../../src/express.ts'
import { anyone, signedIn } from '../../src/index.ts'
import { HIDDEN, type OpenSample, SAMPLE_SIZE, SECRET, testAdapter, words } from './contract.ts'
import { testEdge } from './edge.ts'
import { testProbed } from './probed.ts'

/** Body parsers before the guard, as applications have them, or after it. */
const openWith =
  (parsers: 'before' | 'after'): OpenSample =>
  async ({ auth, hidden = false, edge }) => {
    const app = express()
    const parse = [express.json(), express.urlencoded({ extended: true })]
    if (parsers === 'before') app.use(parse)
    const protection = protect(app, auth, { paths: { '/plugin/*': anyone }, ...edge })
    if (parsers === 'after') app.use(parse)
    app.get('/open', guard(anyone), (_request, response) => void response.send('open'))
    app.get('/secret', guard(signedIn), (_request, response) => {
      response.send(`${SECRET} ${response.locals.principal.id}`)
    })
    app.post('/secret', guard(signedIn), (_request, response) => void response.send(SECRET))
    app.get('/items/:id', guard(signedIn), (_request, response) => void response.send(SECRET))
    app.get('/files/*rest', guard(signedIn), (_request, response) => void response.send(SECRET))
    app.get('/rule/:id', guard(words.rule), (_request, response) => void response.send(SECRET))
    app.get('/waiting/:id', guard(words.waiting), (_request, response) => void response.send(SECRET))
    app.get('/boom', guard(words.boom), (_request, response) => void response.send(SECRET))
    const admin = express.Router()
    admin.use(guard(words.admin))
    admin.get('/panel', (_request, response) => void response.send(`${SECRET} admin`))
    app.use('/admin', admin)
    app.get('/plugin/page', (_request, response) => void response.send('page'))
    for (let at = 0; at < SAMPLE_SIZE; at++) {
      if (hidden && at === HIDDEN) app.get(`/many/${at}`, (_request, response) => void response.send(SECRET))
      else app.get(`/many/${at}`, guard(signedIn), (_request, response) => void response.send(SECRET))
    }
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return {
      ...protection,
      port: (server.address() as AddressInfo).port,
      async close() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

testEdge('express', openWith('after'))
testEdge('express after its parsers', openWith('before'))
testAdapter('express', openWith('after'))
testProbed('express', openWith('before'))
testAdapter('express after its parsers', openWith('before'))
