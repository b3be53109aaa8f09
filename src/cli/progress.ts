import type { Output } from './command.ts'

/** Shows on a terminal how far a long command is; nothing at all where nobody looks. */
export interface Progress {
  add(count: number): void
  end(): Promise<void>
}

const EVERY_MS = 100
const CLEAR = '\r\x1b[K'
const FRAMES = ['|', '/', '-', '\\']

/** Counts up on a terminal: how many are done, and how many a second. */
export function createProgress(output: Output, now: () => number = () => performance.now()): Progress {
  if (!output.isTerminal) return { add: () => {}, end: () => Promise.resolve() }
  const start = now()
  let done = 0
  let shownAt = Number.NEGATIVE_INFINITY
  let frame = 0
  return {
    add(count) {
      done += count
      if (now() - shownAt < EVERY_MS) return
      shownAt = now()
      frame = (frame + 1) % FRAMES.length
      const perSecond = Math.round((done * 1_000) / Math.max(1, shownAt - start))
      void output.write(`${CLEAR}${FRAMES[frame] ?? ''} ${done} answered, ${perSecond} a second`)
    },
    async end() {
      await output.write(`${CLEAR}${done} answered\n`)
    },
  }
}
