import { tortureTest } from './as-test.ts'
import { nthCall } from './nth-call.ts'

tortureTest(nthCall)
