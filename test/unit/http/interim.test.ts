import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { swallowInterim } from '../../../src/http/interim.ts'

/** What is read of a socket on which these pieces arrive one after the other. */
async function readOf(pieces: readonly string[]): Promise<string> {
  const stream = new PassThrough()
  const filter = swallowInterim(stream as Socket & PassThrough)
  filter.expectAnswer()
  let text = ''
  for (const piece of pieces) {
    stream.write(piece, 'latin1')
    await new Promise((resolve) => setImmediate(resolve))
    const chunk: unknown = stream.read()
    if (Buffer.isBuffer(chunk)) text += chunk.toString('latin1')
  }
  return text
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\nA: b\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'

describe('interim answers', () => {
  test.each([
    ['none', [OK], OK],
    ['one', [CONTINUE + OK], OK],
    ['one in a packet of its own', [CONTINUE, OK], OK],
    ['two of different kinds', ['HTTP/1.1 103 x\r\n\r\n', CONTINUE + OK], OK],
    ['one of HTTP/1.0', ['HTTP/1.0 100 Continue\r\n\r\n', OK], OK],
    ['one without words', ['HTTP/1.1 100\r\n\r\n', OK], OK],
    ['a change of protocol, which is none', ['HTTP/1.1 101 x\r\n\r\n'], 'HTTP/1.1 101 x\r\n\r\n'],
    ['something else', ['SSH-2.0\r\n'], 'SSH-2.0\r\n'],
    ['something short', ['HTTP/1.1 2', '00 OK\r\n\r\n'], 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('%s', async (_what, pieces, read) => {
    expect(await readOf(pieces)).toBe(read)
  })

  test('are recognised wherever they are cut in two', async () => {
    const whole = CONTINUE + OK
    for (let at = 1; at < whole.length; at += 1)
      expect(await readOf([whole.slice(0, at), whole.slice(at)])).toBe(OK)
  })

  test('without end are passed on, so that the parser ends them', async () => {
    expect(await readOf([CONTINUE.repeat(20)])).toBe(CONTINUE.repeat(4))
    expect((await readOf([`HTTP/1.1 100 ${'x'.repeat(9_000)}`])).length).toBe(9_013)
  })
})
