/** How the pages say whose they are. */
export interface Brand {
  readonly name: string
  /** `#1f4f8f`. */
  readonly colour: string
  readonly logo: Logo | undefined
}

/** A picture that stands for the name. */
export interface Logo {
  readonly mediaType: string
  readonly content: Uint8Array
}
