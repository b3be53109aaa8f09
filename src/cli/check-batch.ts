import type { Answer } from '../admin/questions.ts'
import { EXIT, type ExitCode, type Io } from './command.ts'
import { linesOf } from './lines.ts'
import { createProgress } from './progress.ts'

/** So many lines are asked before the first of them is written; their groups are looked up together. */
const TOGETHER = 256

/**
 * Answers the lines of stdin, one line each, in the same order. What is held at a time does not grow with the number
 * of lines; blank lines are passed over without an answer, but counted.
 */
export async function answerBatch(
  { stdin, stdout, stderr }: Io,
  ask: (text: string, line: number) => Answer | Promise<Answer>,
): Promise<ExitCode> {
  const progress = createProgress(stderr)
  let isBad = false
  let waiting: (Answer | Promise<Answer>)[] = []
  const flush = async (): Promise<boolean> => {
    const answers: Answer[] = []
    for (const answer of waiting) answers.push(answer instanceof Promise ? await answer : answer)
    waiting = []
    isBad ||= answers.some((answer) => 'error' in answer)
    const isRead = await stdout.write(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''))
    progress.add(answers.length)
    return isRead
  }
  let isRead = true
  for await (const { number, text } of linesOf(stdin)) {
    if (text === null) waiting.push(tooLong(number))
    else if (text.trim() !== '') waiting.push(ask(text, number))
    if (waiting.length < TOGETHER) continue
    isRead = await flush()
    if (!isRead) break
  }
  if (isRead && waiting.length > 0) await flush()
  await progress.end()
  return isBad ? EXIT.usage : EXIT.done
}

const tooLong = (line: number): Answer => ({
  error: { code: 'line_too_long', message: 'the line is longer than a million characters', line },
})
