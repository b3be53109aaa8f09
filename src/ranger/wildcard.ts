import { foldCode } from './letter-case.ts'

/** What is read of a text: a string has it, and so has a test that counts what was read. */
export interface Characters {
  readonly length: number
  charCodeAt(index: number): number
}

const STAR = 0x2a
const QUESTION = 0x3f
/** In place of a unit: exactly one, whichever. */
const ANY_ONE = -1

/** What a value of a policy is compared with: the whole of a text, or some beginning of it. */
export interface Wildcard {
  /** Reports whether the whole text fits. */
  fits(text: Characters): boolean
  /** Reports whether the text up to any of `ends`, which are no larger than its length, fits. */
  fitsUpToAny(text: Characters, ends: readonly number[]): boolean
}

/**
 * Reads `*`, any run of units, separators among them, and `?`, exactly one of them. There is no escape.
 *
 * Stars right before a `?` count for nothing: `*?` fits one unit, not one or more. So it is in Ranger, and a policy must
 * not mean more here.
 * Source: org.apache.commons.io.FilenameUtils#wildcardMatch (2.16), whose documentation owns up to it.
 */
export function compileWildcard(pattern: string, ignoresCase: boolean): Wildcard {
  const runs: number[][] = [[]]
  for (let at = 0; at < pattern.length; at += 1) {
    const code = pattern.charCodeAt(at)
    const next = pattern.charCodeAt(at + 1)
    if (code === QUESTION) runs.at(-1)?.push(ANY_ONE)
    else if (code !== STAR) runs.at(-1)?.push(ignoresCase ? foldCode(code) : code)
    else if (next !== STAR && next !== QUESTION) runs.push([])
  }
  return new GappedText(runs, ignoresCase)
}

/** Fits the text itself; stars in it are stars. */
export const equalTo = (text: string, ignoresCase: boolean): Wildcard =>
  new GappedText([unitsOf(text, ignoresCase)], ignoresCase)

/** Fits whatever starts with the text; stars in it are stars. */
export const startingWith = (text: string, ignoresCase: boolean): Wildcard =>
  new GappedText([unitsOf(text, ignoresCase), []], ignoresCase)

/** Fits whatever ends with the text; stars in it are stars. */
export const endingWith = (text: string, ignoresCase: boolean): Wildcard =>
  new GappedText([[], unitsOf(text, ignoresCase)], ignoresCase)

/**
 * A text with gaps: runs of units, and between two runs anything, possibly nothing.
 *
 * Each run is looked for once, from the end of the one before, and never again: the first place is as good as any later
 * one. Asking costs at most the length of the text times the length of the pattern, whatever both are.
 */
class GappedText implements Wildcard {
  /** The runs before each gap, and `#tail` the one after the last. Without a gap there is none before. */
  readonly #runs: readonly (readonly number[])[]
  readonly #tail: readonly number[]
  readonly #ignoresCase: boolean

  constructor(runs: readonly (readonly number[])[], ignoresCase: boolean) {
    this.#runs = runs.slice(0, -1)
    this.#tail = runs.at(-1) ?? []
    this.#ignoresCase = ignoresCase
  }

  fits(text: Characters): boolean {
    const from = this.#endOfRuns(text)
    return from >= 0 && this.#tailFits(text, from, text.length)
  }

  fitsUpToAny(text: Characters, ends: readonly number[]): boolean {
    const from = this.#endOfRuns(text)
    return from >= 0 && ends.some((end) => this.#tailFits(text, from, end))
  }

  /** The first place at which all runs but the tail are over; -1 where one of them is not to be found. */
  #endOfRuns(text: Characters): number {
    let at = 0
    for (const [index, run] of this.#runs.entries()) {
      const last = index === 0 ? 0 : text.length - run.length
      while (at <= last && !this.#isAt(run, text, at)) at += 1
      if (at > last) return -1
      at += run.length
    }
    return at
  }

  #tailFits(text: Characters, from: number, end: number): boolean {
    const at = end - this.#tail.length
    return (this.#runs.length === 0 ? at === from : at >= from) && this.#isAt(this.#tail, text, at)
  }

  #isAt(run: readonly number[], text: Characters, start: number): boolean {
    if (start + run.length > text.length) return false
    for (let at = 0; at < run.length; at += 1) {
      const wanted = run[at]
      if (wanted === ANY_ONE) continue
      const code = text.charCodeAt(start + at)
      if (code !== wanted && !(this.#ignoresCase && foldCode(code) === wanted)) return false
    }
    return true
  }
}

function unitsOf(text: string, ignoresCase: boolean): number[] {
  return Array.from({ length: text.length }, (_, at) => {
    const code = text.charCodeAt(at)
    return ignoresCase ? foldCode(code) : code
  })
}
