import { storeContract } from '../../src/testing/store-contract/index.ts'
import { countOf } from '../counts.ts'
import { sqlitePlace } from './sqlite-place.ts'

storeContract({
  name: 'sqlite',
  races: countOf({ quick: 20, full: 200, long: 1000 }),
  async open() {
    const place = sqlitePlace()
    return {
      store: await place.open(),
      another: () => place.open(),
      advance: async (milliseconds) => place.clock.advance(milliseconds),
      close: () => place.clear(),
    }
  },
})
