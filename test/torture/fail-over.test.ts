import { tortureTest } from './as-test.ts'
import { failOver } from './fail-over.ts'

tortureTest(failOver)
