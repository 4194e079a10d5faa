import { after } from 'node:test'
import { storeContract } from '../../src/testing/store-contract/index.ts'
import { countOf } from '../counts.ts'
import { run, SHIFTED_CLOCK, startPlace } from './postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

storeContract({
  name: 'postgres',
  races: countOf({ quick: 10, full: 50, long: 200 }),
  async open() {
    const plain = await place.newUrl()
    await run(plain, SHIFTED_CLOCK)
    const url = `${plain}?options=${encodeURIComponent('-c search_path=shifted,pg_catalog')}`
    const open = () => place.open({ url, connections: 4 })
    return {
      store: await open(),
      another: open,
      async advance(milliseconds) {
        await run(plain, `UPDATE shifted.clock SET ahead = ahead + interval '${milliseconds} milliseconds'`)
      },
      close: async () => {},
    }
  },
})
