import { tortureTest } from './as-test.ts'
import { crashSqlite } from './crash-sqlite.ts'

tortureTest(crashSqlite)
