/** What was to be judged could not be, or was not named: exit status 2, as where an option is unknown. */
export class NoVerdict extends Error {
  override readonly name = 'NoVerdict'
}
