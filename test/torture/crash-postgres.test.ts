import { tortureTest } from './as-test.ts'
import { crashPostgres } from './crash-postgres.ts'

tortureTest(crashPostgres)
