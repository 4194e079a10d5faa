/** What a survey asks about. */
export interface SurveyQuestion {
  /** The roles that may look after other people's accounts. */
  readonly operatorRoles: readonly string[]
  /** How a stored password begins that is hashed as we hash today. */
  readonly currentHash: string
  /** An API key that nobody used for so long is not needed. */
  readonly unusedMilliseconds: number
}

/** Numbers about what is stored, for whoever looks for risky states. Reads all of it: not for the way of a request. */
export interface StoreSurvey {
  /** Active ones. */
  readonly accounts: number
  /** Active accounts with one of the roles asked about. */
  readonly operators: number
  readonly operatorsWithoutFactor: number
  /** Active accounts whose password is hashed in another way than today, by how its text begins: `$2b`, `$pbkdf2`. */
  readonly olderHashes: Readonly<Record<string, number>>
  /** Live ones of active accounts. */
  readonly apiKeys: number
  readonly unusedApiKeys: number
  /** Milliseconds since 1970; undefined without a live key. */
  readonly lastApiKeyEnd: number | undefined
  readonly sessions: number
  readonly lastSessionEnd: number | undefined
  /** Sessions that count as live although their account is disabled: its state was changed past us. */
  readonly sessionsOfDisabled: number
  /** The store's clock. Milliseconds since 1970. */
  readonly now: number
}
