export { type StoreContractOptions, storeContract } from './testing/store-contract/index.ts'
export type { StoreUnderTest } from './testing/store-contract/subject.ts'
