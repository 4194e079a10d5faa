import type { Store } from '../../store/store.ts'

/** A driver at work on data of its own, made for the suite and thrown away after it. */
export interface StoreUnderTest {
  /** Open, with its schema up to date. */
  readonly store: Store
  /** One more open store on the same data, as another process would have it. */
  another(): Promise<Store>
  /** Makes that much time pass on the clock by which the store decides. */
  advance(milliseconds: number): Promise<void>
  /** Closes every store handed out and removes the data. */
  close(): Promise<void>
}

/** What a test works with. */
export interface Stores extends Pick<StoreUnderTest, 'store' | 'another' | 'advance'> {
  /** A second store on the same data, to race with. */
  readonly other: Store
}

/** Hands them out, for they are opened only when the tests begin. */
export type Subject = () => Stores

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
