import { createClient } from '/client/create-client.js'
import { openSocket } from '/client/socket.js'

const client = createClient({ issuer: location.origin, storage: 'tab' })
const find = (selector) => document.querySelector(selector)

// Open while somebody is signed in: each connection buys a ticket of its own.
const socket = openSocket(client, {
  url: `${location.origin.replace('http', 'ws')}/ws`,
  onMessage(data) {
    const { name, text } = JSON.parse(data)
    const item = document.createElement('li')
    item.textContent = `${name}: ${text}`
    find('ul').append(item)
  },
})

function show() {
  const { status } = client.session
  find('main').hidden = status !== 'signed-in'
  find('#sign-in').hidden = status !== 'signed-out'
}
client.subscribe(show)
void client.ready().then(show)

find('#sign-in').addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    await client.signInWithPassword(Object.fromEntries(new FormData(event.target)))
  } catch (error) {
    find('[role=alert]').textContent = error.message
  }
})
find('#say').addEventListener('submit', (event) => {
  event.preventDefault()
  if (socket.send(new FormData(event.target).get('text'))) event.target.reset()
})
find('#sign-out').addEventListener('click', () => client.signOut())
