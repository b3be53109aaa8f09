import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { confFolder, keddah } from './support.ts'

const service = 'security.client.protocol.acl'

const answersTo = async (
  input: string | Readable,
  folder = confFolder(),
): Promise<{ code: number; answers: Record<string, unknown>[]; stderr: string }> => {
  const { code, stdout, stderr } = await keddah(['check', '--hadoop-conf', folder, '--batch'], { input })
  const answers = stdout
    .split('\n')
    .filter(Boolean)
    .map((line): Record<string, unknown> => JSON.parse(line))
  return { code, answers, stderr }
}

describe('keddah check --batch', () => {
  test('answers each line with one line of exactly these fields, in the same order', async () => {
    const folder = confFolder()
    const lines = [
      { id: 'a', user: 'alice', service },
      { user: 'mallory', groups: ['staff'], service },
      { id: 3, user: 'bob', protocol: 'org.apache.hadoop.hdfs.protocol.ClientProtocol' },
      { id: 4, user: 'bob', realUser: 'hue', address: '10.0.0.1', service },
      { id: 5, user: 'alice', kind: 'namenode', method: 'GET', url: '/webhdfs/v1/?op=LISTSTATUS' },
    ]
    const { code, answers } = await answersTo(lines.map((line) => JSON.stringify(line)).join('\n'), folder)
    expect(code).toBe(0)
    expect(answers.map(({ id, effect }) => [id, effect])).toEqual([
      ['a', 'allow'],
      [undefined, 'deny'],
      [3, 'allow'],
      [4, 'allow'],
      [5, 'allow'],
    ])
    const fields = ['effect', 'reason', 'message', 'rule', 'file', 'line', 'revision']
    expect(Object.keys(answers[0] ?? {})).toEqual(['id', ...fields])
    expect(Object.keys(answers[1] ?? {})).toEqual(fields)
    expect(answers[1]).toMatchObject({
      reason: 'acl',
      rule: 'security.client.protocol.acl = alice analysts',
      file: `${folder}/hadoop-policy.xml`,
      line: 2,
    })
  })

  test('answers a bad line in its place, says which line it is, and ends with 2', async () => {
    const input = [
      '{"user":"alice"',
      '',
      '{"id":7,"user":"alice"}',
      `{"user":"alice","service":"${service}"}`,
    ].join('\n')
    const { code, answers } = await answersTo(input)
    expect(code).toBe(2)
    expect(answers).toMatchObject([
      { error: { code: 'bad_json', line: 1 } },
      { id: 7, error: { code: 'bad_question', line: 3 } },
      { effect: 'allow' },
    ])
  })

  test('passes over blank lines without an answer, and counts them', async () => {
    const line = JSON.stringify({ user: 'alice', service })
    const { code, answers } = await answersTo(`\n \t\r\n${line}\n\n\n{\n${line}\n\n`)
    expect(code).toBe(2)
    expect(answers).toMatchObject([{ effect: 'allow' }, { error: { line: 6 } }, { effect: 'allow' }])
  })

  // Attack: a line that one reader takes for alice and another for mallory.
  test.each([
    ['a key', `{"id":1,"user":"mallory","user":"alice","service":"${service}"}`, { id: 1 }, 'user'],
    ['a key, once spelled out', `{"id":1,"user":"m","us\\u0065r":"alice","service":"x"}`, { id: 1 }, 'user'],
    ['the id', `{"id":1,"id":2,"user":"alice","service":"x"}`, {}, 'id'],
    ['a key that is not known', `{"id":1,"a":1,"a":2}`, { id: 1 }, 'a'],
  ])('a line with %s twice is an error', async (_, line, id, key) => {
    const { code, answers } = await answersTo(line)
    expect(code).toBe(2)
    const message = `\`${key}\` is given more than once`
    expect(answers).toEqual([{ ...id, error: { code: 'bad_question', message, line: 1 } }])
  })

  test('answers what a listener would refuse with a refusal', async () => {
    const url = { user: 'alice', kind: 'namenode', method: 'GET' }
    const lines = [
      { id: 1, ...url, url: '/webhdfs/v1/?op=NOSUCH' },
      { id: 2, ...url, url: '/a%2fb' },
    ].map((line) => JSON.stringify(line))
    const { code, answers } = await answersTo(lines.join('\n'))
    expect(code).toBe(0)
    expect(answers).toMatchObject([
      { id: 1, effect: 'deny', reason: 'operation', rule: null },
      { id: 2, effect: 'deny', reason: 'encoded_slash', rule: null },
    ])
    const fields = ['id', 'effect', 'reason', 'message', 'rule', 'file', 'line', 'revision']
    expect(answers.map((answer) => Object.keys(answer))).toEqual([fields, fields])
  })

  test('takes a last line without an end, a BOM, and Windows line ends', async () => {
    const line = JSON.stringify({ user: 'alice', service })
    const { code, answers } = await answersTo(`\uFEFF${line}\r\n${line}\r\n${line}`)
    expect({ code, count: answers.length }).toEqual({ code: 0, count: 3 })
  })

  test('keeps characters whole that are split between two chunks', async () => {
    const bytes = Buffer.from(`${JSON.stringify({ id: 'ü€😀', user: 'alice', service })}\n`)
    const single = [...bytes].map((byte) => Buffer.from([byte]))
    expect((await answersTo(Readable.from(single))).answers[0]).toMatchObject({ id: 'ü€😀' })
  })

  test('gives up a line of more than a million characters without holding it, and goes on', async () => {
    const line = `${JSON.stringify({ user: 'alice', service })}\n`
    const chunks = [...Array.from({ length: 40 }, () => Buffer.alloc(65_536, 'x')), Buffer.from(`\n${line}`)]
    const { code, answers } = await answersTo(Readable.from(chunks))
    expect(code).toBe(2)
    expect(answers).toMatchObject([{ error: { code: 'line_too_long', line: 1 } }, { effect: 'allow' }])
  })

  test('keeps the order also where some groups have to be looked up and others not', async () => {
    const users = Array.from({ length: 2_000 }, (_, index) => (index % 3 === 0 ? 'bob' : `user${index}`))
    const lines = users.map((user, id) =>
      JSON.stringify({ id, user, service, ...(id % 2 === 0 ? { groups: ['analysts'] } : {}) }),
    )
    const { code, answers } = await answersTo(lines.join('\n'))
    expect(code).toBe(0)
    expect(answers.map(({ id }) => id)).toEqual(users.map((_, id) => id))
    expect(answers.map(({ effect }) => effect)).toEqual(
      users.map((user, id) => (id % 2 === 0 || user === 'bob' ? 'allow' : 'deny')),
    )
  })

  test('shows its progress on a terminal, and nothing elsewhere', async () => {
    const input = Array.from({ length: 600 }, () => JSON.stringify({ user: 'alice', service })).join('\n')
    const argv = ['check', '--hadoop-conf', confFolder(), '--batch']
    expect((await keddah(argv, { input })).stderr).toBe('')
    const { stderr } = await keddah(argv, { input, isTerminal: true })
    expect(stderr).toContain('256 answered')
    expect(stderr).toMatch(/600 answered\n$/)
  })

  test('no questions, no answers', async () => {
    expect(await answersTo('')).toEqual({ code: 0, answers: [], stderr: '' })
  })

  test('flags of a single question do not go with it', async () => {
    const { code, stderr } = await keddah(['check', '--batch', '--user', 'alice'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'keddah: `--user` does not go with `--batch`\n' })
  })
})
