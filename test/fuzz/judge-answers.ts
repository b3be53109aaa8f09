import { type Fields, fieldValues } from '../support/wire/head.ts'
import { readWireAnswers } from '../support/wire/messages.ts'
import type { Outcome } from './arena.ts'
import type { MadeUpAnswer } from './answers.ts'
import { CANARY } from './bytes.ts'

/** Of one connection, or written by Keddah itself. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'location'])

/**
 * What is wrong with what a client got for the bytes of an upstream; nothing: empty. It is the answer that a reader of
 * our own finds in them, or it is a refusal or is broken. `isFair`: nothing is wrong with them, so it has to arrive.
 */
export function judgeAnswer(
  answered: MadeUpAnswer,
  method: string,
  { received, isReset, faults }: Outcome,
): readonly string[] {
  const wrong = [...faults]
  const { messages, violation } = readWireAnswers(received, !isReset, () => method)
  if (violation !== null) wrong.push(`the client was sent ${violation}`)
  if (messages.length > 1) wrong.push(`the client got ${messages.length} answers`)
  const [got] = messages
  if (got === undefined || !got.isComplete) {
    if (answered.isFair) wrong.push('a fair answer did not arrive')
    return tell(wrong, answered.bytes, received)
  }
  if (!answered.isDamaged && JSON.stringify(got.fields).includes(CANARY))
    wrong.push('a header arrived that has to be taken off')
  const isRefusal = fieldValues(got.fields, 'x-keddah-reason').length > 0
  if (isRefusal && answered.isFair) wrong.push('a fair answer was refused')
  if (!isRefusal) {
    const { messages: said } = readWireAnswers(answered.bytes, true, () => method)
    const [first] = said
    if (first === undefined || !first.isComplete)
      wrong.push('the client has a whole answer, which nobody gave')
    else if (first.status !== got.status || first.body !== got.body)
      wrong.push('the client has another answer')
    else if (!areAmong(got.fields, first.fields)) wrong.push('the client has headers that nobody sent')
  }
  return tell(wrong, answered.bytes, received)
}

function areAmong(got: Fields, given: Fields): boolean {
  const left = given.map(([name, value]) => `${name}: ${value}`)
  for (const [name, value] of got) {
    if (OWN.has(name.toLowerCase())) continue
    const at = left.indexOf(`${name}: ${value}`)
    if (at === -1) return false
    left.splice(0, at + 1)
  }
  return true
}

const tell = (wrong: readonly string[], bytes: string, received: string): readonly string[] =>
  wrong.map((text) => `${text}: ${JSON.stringify([bytes.slice(0, 2_000), received.slice(0, 2_000)])}`)
