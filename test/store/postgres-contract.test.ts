import { after } from 'node:test'
import { storeContract } from '../../src/testing/store-contract/index.ts'
import { countOf } from '../counts.ts'
import { run, startPlace } from './postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

/** The database's clock, put ahead: for connections that find this schema first, it takes the place of the real one. */
const SHIFTED_CLOCK = `
  CREATE SCHEMA shifted;
  CREATE TABLE shifted.clock (ahead interval NOT NULL);
  INSERT INTO shifted.clock VALUES (interval '0');
  CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
    AS 'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM shifted.clock)'`

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
