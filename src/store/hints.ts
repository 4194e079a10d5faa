/** Says "ask the database now". A hint carries nothing and proves nothing: it may be lost, doubled or late. */
export interface HintVerbs {
  /**
   * Calls the listener at every hint, this process's own included, and when hints may have been missed. Resolves, once
   * connected or given up for now, to what ends it.
   */
  subscribe(listener: () => void): Promise<() => Promise<void>>
  /** Tells all processes soon; never fails. To be called after the commit, and never for a plain refresh. */
  send(): void
  /** Whether hints are seen to arrive. While they are not, only the bound of the pull may be claimed. */
  readonly working: boolean
}
