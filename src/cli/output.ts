import type { WriteStream } from 'node:tty'
import type { Output } from './command.ts'

/** Writes to a stream of the process. A reader that went away is an answer, not a defect. */
export function outputTo(stream: NodeJS.WriteStream | WriteStream): Output {
  let isGone = false
  stream.on('error', () => {
    isGone = true
  })
  return {
    isTerminal: stream.isTTY,
    write: (text) =>
      isGone
        ? Promise.resolve(false)
        : new Promise((resolve) => {
            stream.write(text, (error) => {
              isGone ||= error !== null && error !== undefined
              resolve(!isGone)
            })
          }),
  }
}
