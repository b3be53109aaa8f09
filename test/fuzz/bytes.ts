import type { Chance } from './chance.ts'

/** What must never get through, wherever it was written: in what is taken off, dropped or refused. */
export const CANARY = 'c4nary'

const ODD = [
  '\r',
  '\n',
  '\0',
  '\t',
  ' ',
  ':',
  ';',
  ',',
  '\x0b',
  '\x7f',
  '\x80',
  '\xff',
  '"',
  '%',
  '#',
  '\\',
  '0',
]

/** Bytes that were damaged in a few places: one taken out, doubled, put in, or a piece of the text moved. */
export function damaged(chance: Chance, text: string): string {
  let bytes = text
  for (let times = 1 + chance.below(3); times > 0; times -= 1) {
    const at = chance.below(bytes.length + 1)
    const to = Math.min(bytes.length, at + 1 + (chance.oneIn(3) ? chance.below(12) : 0))
    const piece = bytes.slice(at, to)
    const put = chance.pick(['', piece + piece, chance.pick(ODD), chance.pick(ODD) + piece, '\r\n', piece])
    bytes = bytes.slice(0, at) + put + bytes.slice(to)
  }
  return bytes
}

/** The same bytes in pieces, as packets bring them: mostly one, sometimes every byte alone. */
export function inPieces(chance: Chance, bytes: string): readonly string[] {
  if (chance.oneIn(2)) return [bytes]
  const pieces: string[] = []
  const longest = chance.pick([1, 2, 7, 40, 400, 70_000])
  // Every piece costs some turns of the loop: long texts are not cut byte by byte.
  const step = Math.max(longest, Math.ceil(bytes.length / 60))
  for (let at = 0; at < bytes.length;) {
    const size = 1 + chance.below(step)
    pieces.push(bytes.slice(at, at + size))
    at += size
  }
  return pieces
}

/** A chunked body, right in most cases. */
export function chunks(chance: Chance, body: string, isOdd: boolean): string {
  let text = ''
  for (let at = 0; at < body.length;) {
    const piece = body.slice(at, at + 1 + chance.below(Math.max(body.length, 1)))
    at += piece.length
    const size = piece.length + (isOdd && chance.oneIn(6) ? chance.pick([1, -1, 16]) : 0)
    text += `${sizeOf(chance, Math.max(size, 0), isOdd)}${piece}${isOdd && chance.oneIn(8) ? chance.pick(['', '\n', '\r', '\r\n\r\n']) : '\r\n'}`
  }
  return `${text}${sizeOf(chance, 0, isOdd)}${trailers(chance, isOdd)}\r\n`
}

function sizeOf(chance: Chance, size: number, isOdd: boolean): string {
  const hex = chance.oneIn(4) ? size.toString(16).toUpperCase().padStart(4, '0') : size.toString(16)
  if (isOdd && chance.oneIn(4))
    return chance.pick([
      `0x${hex}\r\n`,
      `${hex} \r\n`,
      `${hex}\n`,
      `+${hex}\r\n`,
      `${hex};\nxx\r\n`,
      `${hex}\r\r\n`,
      `${hex};a="\r\n"\r\n`,
      `${'f'.repeat(17)}\r\n`,
      '\r\n',
    ])
  return chance.oneIn(6) ? `${hex};x=${CANARY}\r\n` : `${hex}\r\n`
}

function trailers(chance: Chance, isOdd: boolean): string {
  if (isOdd && chance.oneIn(5))
    return chance.pick([
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      ' X: a\r\n',
      'X: a\n',
      'X\r\n',
      ': a\r\n',
      'X : a\r\n',
    ])
  return chance.oneIn(8) ? `X-Remote-User: ${CANARY}\r\n` : ''
}
