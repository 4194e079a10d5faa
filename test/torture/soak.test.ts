import { tortureTest } from './as-test.ts'
import { soak } from './soak.ts'

tortureTest(soak)
