import { AnswerCache } from './answer-cache.ts'
import type { Verdict } from './verdict.ts'

/** Paths are as long as whoever asks likes; what needs a longer key is decided each time. */
const MAX_KEY = 1_024

interface Remembered {
  readonly verdict: Verdict
  readonly from: number
}

/** The last verdicts of some permissions, each for the time it holds. */
export class VerdictCache extends AnswerCache<Remembered> {
  /** `at` in milliseconds since the epoch. A clock that was put back finds nothing that was decided later. */
  get(key: string, at: number): Verdict | undefined {
    return this.find(key, ({ verdict, from }) => from <= at && at <= verdict.until)?.verdict
  }

  set(key: string, at: number, verdict: Verdict): void {
    if (key.length <= MAX_KEY) this.keep(key, { verdict, from: at })
  }
}
