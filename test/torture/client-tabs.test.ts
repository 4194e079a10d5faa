import { tortureTest } from './as-test.ts'
import { clientTabs } from './client-tabs.ts'

tortureTest(clientTabs)
