/** A step of the schema. Once released it is never changed; the next change is the next step. */
export interface Migration {
  readonly version: number
  readonly title: string
  readonly sql: string
}
