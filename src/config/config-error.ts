/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The setting's name in code, with the path inside it where it has parts. */
  readonly setting: string
  /** Completes a sentence that begins with the setting's name. Never holds a secret. */
  readonly message: string
  /** Where the value came from, such as `environment HOST`. */
  readonly from: string
}

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** The configuration cannot be used. The message lists every problem, one a line; no value of a secret is in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]
  /** Where a server would listen, as far as that is known in spite of the problems. */
  readonly address: ListenAddress | undefined

  constructor(problems: readonly ConfigProblem[], address?: ListenAddress) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super(
      [`The configuration has ${count}:`, ...problems.map((problem) => `  ${inOneLine(problem)}`)].join('\n'),
    )
    this.problems = problems
    this.address = address
  }
}

/** A problem as people read it. */
function inOneLine({ setting, message, from }: ConfigProblem): string {
  return `${setting} ${message} (${from})`
}
