import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Arena, type Outcome } from './arena.ts'
import { answerBytes } from './answers.ts'
import { CANARY, inPieces } from './bytes.ts'
import { type Chance, chanceOf } from './chance.ts'
import { judgeAnswer } from './judge-answers.ts'
import { judgeRequests } from './judge-requests.ts'
import { connectionBytes } from './requests.ts'

/** What one case was about, and what was wrong; nothing: empty. */
export interface Verdict {
  readonly what: 'requests' | 'answers'
  readonly wrong: readonly string[]
  readonly sent: string
  /** Requests that reached the upstream. */
  readonly reached: number
}

/** One case: the number determines every byte of it. */
export async function runCase(arena: Arena, number: number): Promise<Verdict> {
  const chance = chanceOf(number)
  return chance.oneIn(4) ? answersCase(arena, chance) : requestsCase(arena, chance)
}

async function requestsCase(arena: Arena, chance: Chance): Promise<Verdict> {
  const made = connectionBytes(chance)
  const sent = made.bytes
  const isEarly = chance.oneIn(5)
  const outcome = await arena.round(inPieces(chance, sent), { isEarly, waitsForEnd: false })
  const wrong = judgeRequests(made, outcome)
  return { what: 'requests', wrong, sent, reached: outcome.reached.length }
}

const HONEST =
  'GET /webhdfs/v1/honest?op=GETFILESTATUS&user.name=alice HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n'

async function answersCase(arena: Arena, chance: Chance): Promise<Verdict> {
  const method = chance.oneIn(6) ? 'HEAD' : 'GET'
  const sent = HONEST.replace('GET', method)
  const answer = answerBytes(chance)
  const pieces = inPieces(chance, answer.bytes)
  const end = answer.isFair && chance.oneIn(2) ? 'nothing' : chance.pick(['end', 'end', 'reset'] as const)
  const say = async (socket: Socket): Promise<void> => {
    for (const piece of pieces) {
      if (!socket.writable) return
      socket.write(piece, 'latin1')
      await turn()
      await turn()
    }
    if (end === 'end') socket.end()
    if (end === 'reset') socket.resetAndDestroy()
  }
  const outcome = await arena.round([sent], {
    answering: (_, __, socket) => void say(socket),
    waitsForEnd: true,
  })
  const isFair = answer.isFair && end !== 'reset'
  const isDamaged = answer.isDamaged || arena.isObserving
  const wrong = [...judgeAnswer({ ...answer, isFair, isDamaged }, method, outcome)]
  // Whoever asks next gets an answer of her own, whatever the upstream has said too much.
  const next = await arena.round([HONEST], { waitsForEnd: true })
  if (!isHonest(next))
    wrong.push(`the next answer was ${JSON.stringify(next.received)} after ${JSON.stringify(answer.bytes)}`)
  return { what: 'answers', wrong, sent: answer.bytes, reached: outcome.reached.length }
}

const isHonest = ({ received, faults }: Outcome): boolean =>
  faults.length === 0 && received.includes('\r\n\r\nseen 0') && !received.includes(CANARY)
