import { tortureTest } from './as-test.ts'
import { race } from './race.ts'

tortureTest(race)
