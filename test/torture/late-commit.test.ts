import { tortureTest } from './as-test.ts'
import { lateCommit } from './late-commit.ts'

tortureTest(lateCommit)
