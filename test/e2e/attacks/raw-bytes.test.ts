import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Arena, openArena } from '../../fuzz/arena.ts'
import { judgeRequests } from '../../fuzz/judge-requests.ts'
import { runCase } from '../../fuzz/rounds.ts'
import { targetFaults } from '../../fuzz/targets-alone.ts'
import { readJavaTarget } from '../../support/wire/java-target.ts'
import { readRequests, readWireAnswers } from '../../support/wire/messages.ts'

/** A few of the cases of `npm run test:fuzz`, and the proof that its reader and its judges see what is wrong. */
let arena: Arena
beforeAll(async () => {
  arena = await openArena()
})
afterAll(() => arena?.close())

// Attack: bytes that nobody thought of.
test('made-up bytes reach the upstream only as what was decided on, and hang, break or mix up nothing', async () => {
  let reached = 0
  for (let number = 1; number <= 60; number += 1) {
    const verdict = await runCase(arena, number)
    expect(verdict.wrong, `--seed ${number} --cases 1`).toEqual([])
    reached += verdict.reached
  }
  expect(reached).toBeGreaterThan(20)
  expect(await arena.defects()).toBe(0)
})

test('made-up targets are sent as what they were decided on', () => {
  for (let number = 1; number <= 40; number += 1) expect(targetFaults(number, 50)).toEqual([])
})

describe('a judge of requests', () => {
  const HEAD = 'PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.1\r\nHost: nn\r\n'
  const first = `${HEAD}Content-Length: 2\r\n\r\nab`
  const judge = async (sent: string, arrived: string): Promise<string> => {
    const outcome = await arena.round([sent], { waitsForEnd: false })
    const { messages } = readRequests(arrived, { skipsEmptyLines: false })
    return judgeRequests(
      { bytes: sent, isDamaged: false },
      { ...outcome, reached: messages, reachedBytes: arrived },
    ).join()
  }
  test('sees nothing in what arrived as it was sent', async () => {
    expect(await judge(first, first)).toBe('')
  })

  test.each([
    ['another user', first.replace('alice', 'root'), 'not decided on'],
    ['another operation', first.replace('MKDIRS', 'CREATE'), 'not decided on'],
    ['another path', first.replace('/d', '/e'), 'not decided on'],
    ['another spelling of the same path', first.replace('/d', '/%64'), 'not decided on'],
    ['a dot segment', first.replace('/d', '/x/../d'), 'not decided on'],
    ['a second user', first.replace('alice', 'alice&User.Name=root'), 'not decided on'],
    ['a second request', `${first}${first}`, 'not decided on'],
    ['another body', first.replace('ab', 'ac'), 'was not sent'],
    ['what has to be taken off', first.replace('Host: nn', 'X-Remote-User: c4nary'), 'taken off'],
  ])('sees %s', async (_, arrived, why) => {
    expect(await judge(first, arrived)).toContain(why)
  })
})

describe('a reader of requests', () => {
  const read = (bytes: string): string => {
    const { messages, violation } = readRequests(bytes, { skipsEmptyLines: false })
    return violation ?? messages.map(({ isComplete }) => (isComplete ? 'whole' : 'part')).join()
  }
  test.each([
    ['GET / HTTP/1.1\r\nA: b\r\n\r\n', 'whole'],
    ['GET / HTTP/1.1\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n\r\nGET', 'whole,whole'],
    ['GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab', 'part'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: x\r\n\r\n', 'whole'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n', 'part'],
    ['GET / HTTP/1.1\nA: b\r\n\r\n', 'a bare LF'],
    ['GET / HTTP/1.1\r\nA: b\rc\r\n\r\n', 'a bare CR'],
    ['GET / HTTP/1.1\r\nA : b\r\n\r\n', 'no field line'],
    ['GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n', 'no field line'],
    ['GET / HTTP/1.1\r\nA: b\0\r\n\r\n', 'no field value'],
    ['GET / HTTP/2.0\r\n\r\n', 'no request line'],
    ['GET /a b HTTP/1.1\r\n\r\n', 'no request line'],
    ['GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n', 'a length and'],
    ['GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n', 'lengths'],
    ['GET / HTTP/1.1\r\nContent-Length: +3\r\n\r\n', 'lengths'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 'transfer codings'],
    ['GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 'chunks in'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n', 'longer than its size'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n', 'a chunk of size'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n', 'a bare LF'],
  ])('reads %j as: %s', (bytes, expected) => {
    expect(read(bytes)).toContain(expected)
  })
})

test('a reader of answers tells whole ones from those that were cut short', () => {
  const read = (bytes: string, isOver: boolean, method = 'GET'): string => {
    const { messages, violation } = readWireAnswers(bytes, isOver, () => method)
    return violation ?? messages.map(({ status, body, isComplete }) => `${status}${body}${isComplete}`).join()
  }
  expect(read('HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', false)).toBe(
    '200oktrue',
  )
  expect(read('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', true)).toBe('200okfalse')
  expect(read('HTTP/1.1 200 OK\r\n\r\nok', true)).toBe('200oktrue')
  expect(read('HTTP/1.1 200 OK\r\n\r\nok', false)).toBe('200okfalse')
  expect(read('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', true, 'HEAD')).toBe('200true')
  expect(read('HTTP/1.1 304 X\r\nContent-Length: 3\r\n\r\n', false)).toBe('304true')
  expect(read('HTTP/1.1 101 X\r\n\r\n', false)).toBe('another protocol')
  expect(read('HTTP/1.1 2000 OK\r\n\r\n', false)).toContain('no status line')
})

test.each([
  ['/a/../b?op=OPEN&User.Name=x', []],
  ['/a//b', ['an empty segment']],
  ['/a;x/b', ['a separator of some reader', 'decoded before or after it is split']],
  ['/a%2fb', ['a separator of some reader', 'decoded before or after it is split']],
  ['/a%252fb', ['another path when it is decoded twice']],
  ['/a/%252e%252e/b', ['another path when it is decoded twice']],
  ['/100%25', []],
  ['/%EF%BC%8F', []],
  ['/%c0%ae', ['escapes that are none']],
  ['/../a', ['leads above the root', 'leads above the root']],
  ['/a?user.name=a&USER.NAME=b', ['user.name twice']],
  ['/a?to%E2%84%AAen=a&token=b', ['token twice']],
  ['/a?op=a;b', ['op in pieces']],
])('a reader of targets doubts %s: %j', (target, doubts) => {
  expect(readJavaTarget(target).doubts).toEqual(doubts)
})
