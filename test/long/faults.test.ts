import { tortureTest } from '../torture/as-test.ts'
import { faults } from '../torture/cluster-faults.ts'

tortureTest(faults)
