import { tortureTest } from './as-test.ts'
import { decision, model } from './model.ts'

tortureTest(decision)
tortureTest(model)
