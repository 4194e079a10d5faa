/** Told when a credential was seen, to write it down later. Asked on every request, so it only takes note. */
export interface UseNoter<Use> {
  note(use: Use): void
  /** Rises with every writing down: a use that was noted in this round need not be noted again. */
  readonly round: number
}
