import { createCookieClient } from '/client/cookie.js'

const client = createCookieClient({ onSignedOut: ({ why }) => console.log(`signed out: ${why}`) })
const find = (selector) => document.querySelector(selector)

async function load() {
  const answer = await client.fetch('/api/todos')
  // A refusal has a body of its own, which is no list.
  if (!answer.ok) throw new Error(`The todos answered ${answer.status}.`)
  const items = (await answer.json()).map(({ title }) => {
    const item = document.createElement('li')
    item.textContent = title
    return item
  })
  find('ul').replaceChildren(...items)
}

function show() {
  const { status } = client.session
  find('main').hidden = status !== 'signed-in'
  find('#sign-in').hidden = status !== 'signed-out'
  // Whoever was here before may be somebody else.
  find('ul').replaceChildren()
  if (status === 'signed-in') load().catch(tell)
}
const tell = ({ message }) => {
  find('#problem').textContent = message
}
client.subscribe(show)
client.ready().then(show, tell)

find('#sign-in').addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    await client.signInWithPassword(Object.fromEntries(new FormData(event.target)))
    event.target.reset()
    find('#problem').textContent = ''
  } catch (error) {
    tell(error)
  }
})
find('#add').addEventListener('submit', async (event) => {
  event.preventDefault()
  const body = JSON.stringify({ title: new FormData(event.target).get('title') })
  const headers = { 'content-type': 'application/json' }
  try {
    const { ok } = await client.fetch('/api/todos', { method: 'POST', headers, body })
    if (ok) event.target.reset()
    await load()
  } catch (error) {
    tell(error)
  }
})
find('#sign-out').addEventListener('click', () => client.signOut().catch(tell))
