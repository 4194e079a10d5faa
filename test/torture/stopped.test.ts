import { tortureTest } from './as-test.ts'
import { stopped } from './stopped.ts'

tortureTest(stopped)
