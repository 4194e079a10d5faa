import { after } from 'node:test'
import { storeContract } from '../../src/testing/store-contract/index.ts'
import { countOf } from '../counts.ts'
import { openWithClock, startPlace } from './postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

storeContract({
  name: 'postgres',
  races: countOf({ quick: 10, full: 50, long: 200 }),
  open: () => openWithClock(place),
})
