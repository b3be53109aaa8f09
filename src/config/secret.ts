/**
 * A secret that was read from a file. It shows itself nowhere: not in a log, an error, JSON or the console; only
 * `reveal` gives it out.
 */
export class Secret {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The bytes of the file, as they are. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  toJSON(): string {
    return '[secret]'
  }

  toString(): string {
    return '[secret]'
  }
}
