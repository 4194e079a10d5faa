import { tortureTest } from './as-test.ts'
import { crashImages } from './crash-images.ts'

tortureTest(crashImages)
