import { inspect } from 'node:util'

/**
 * The text of a secret setting, kept where no log, error or JSON can print it by accident: they get the mask. It does
 * not protect against code that asks: `reveal()`.
 */
export class Secret {
  readonly #text: string
  readonly #mask: (text: string) => string

  constructor(text: string, mask: (text: string) => string) {
    this.#text = text
    this.#mask = mask
  }

  /** The secret itself. Call it where the value is used, never earlier. */
  reveal(): string {
    return this.#text
  }

  /** What may be shown of it. */
  toString(): string {
    return this.#mask(this.#text)
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
