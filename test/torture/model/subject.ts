import type { Beginning, Ending, EndingOf } from './endings.ts'
import type { Limits, Outcome, Presented } from './oracle.ts'

/** What histories are played against. Sessions and users are named by numbers that the history gives them. */
export interface Subject {
  readonly limits: Limits
  /** The time by which it decides. Milliseconds. */
  now(): number
  /** What the wall clock would say: another time while a clock that was set back stands still. */
  wall(): number
  /** Both clocks go on. */
  pass(milliseconds: number): void
  /** Somebody sets the wall clock. */
  step(milliseconds: number): void
  start(session: number, beginning: Beginning): Promise<void>
  refresh(session: number, presented: Presented): Promise<Outcome>
  /** The right token from a client that it was not given to. */
  refreshByOtherClient(session: number, presented: Presented): Promise<Outcome>
  /** Resolves when it is done, and this process knows. */
  end(name: Ending, of: EndingOf): Promise<void>
  /** Whether the last access token of the session opens a door. */
  accepts(session: number): Promise<boolean>
  /** The process asks what is new, as it does every two seconds. */
  pull(): Promise<void>
  /**
   * True where the database had to be declared restored first: no node starts that remembers a newer one (PROTOCOL 2.11).
   */
  restart(): Promise<boolean>
  save(): void
  /** The database falls back to what was saved last. Commits since are lost; memory is not. */
  fallBack(): Promise<void>
  close(): Promise<void>
}
