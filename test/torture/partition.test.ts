import { tortureTest } from './as-test.ts'
import { partition } from './partition.ts'

tortureTest(partition)
