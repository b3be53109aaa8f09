import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { createLog, type Logger } from '../../../src/telemetry/log.ts'

const logged = (use: (log: Logger) => void, level = 'info'): string[] => {
  const lines: string[] = []
  use(createLog({ level, destination: { write: (line) => lines.push(line) } }))
  return lines
}

const parsed = (use: (log: Logger) => void): Record<string, unknown> => {
  const lines = logged(use)
  expect(lines.length).toBe(1)
  return JSON.parse(lines[0] ?? '')
}

describe('a log line', () => {
  test('is one line of JSON with level, time, message and fields', () => {
    const line = parsed((log) => log.info({ service: 'namenode', port: 9870 }, 'listening'))
    expect(line).toMatchObject({ level: 'info', msg: 'listening', service: 'namenode', port: 9870 })
    expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  test('is left out below the level', () => {
    expect(logged((log) => log.info('quiet'), 'warn')).toEqual([])
  })

  test('names all problems of a configuration error', () => {
    const error = new ConfigError('ERR_POLICY_XML', 'cannot load', { file: '/etc/hadoop/hadoop-policy.xml' })
    const line = parsed((log) => log.error({ err: error }, 'refresh failed'))
    expect(line['err']).toMatchObject({
      name: 'ConfigError',
      code: 'ERR_POLICY_XML',
      message: 'cannot load',
      problems: [{ file: '/etc/hadoop/hadoop-policy.xml', message: 'cannot load' }],
    })
  })

  test('follows causes to a bounded depth', () => {
    const first: Error & { cause?: unknown } = new Error('first')
    first.cause = new Error('second', { cause: first })
    const line = parsed((log) => log.error(first, 'round and round'))
    expect(JSON.stringify(line)).toContain('[deep]')
  })
})

describe('secrets', () => {
  // Attack: whoever can read the log takes over what was sent with a request.
  test('are replaced wherever they stand: fields, headers, queries, messages, errors', () => {
    const secret = 'c2VjcmV0LXRva2Vu'
    const lines = logged((log) => {
      log.info({ headers: { Authorization: `Bearer ${secret}`, 'Set-Cookie': `hadoop.auth=${secret}` } })
      log.info({ token: secret, proxy_authorization: secret, list: [{ Delegation: secret }] })
      log.info({ location: `http://dn1:9864/webhdfs/v1/x?op=OPEN&delegation=${secret}&offset=0` })
      log.info(`GET /webhdfs/v1/?DELEGATION=${secret} refused`)
      log.info('%s came', `Authorization: Negotiate ${secret}`)
      log.error(new Error(`no answer from /x?token=${secret}`), 'failed')
    })
    expect(lines.length).toBe(6)
    for (const line of lines) {
      expect(line).not.toContain(secret)
      expect(line).toContain('[hidden]')
    }
    expect(lines[2]).toContain('offset=0')
  })
})

describe('text of a caller', () => {
  // Attack: a user name that ends its line and adds one that looks like ours.
  test('cannot start a line of its own', () => {
    const forged = 'mallory\r\n{"level":"info","msg":"allowed"}'
    const lines = logged((log) => log.warn({ user: forged }, `refused ${forged}`))
    expect(lines.length).toBe(1)
    expect(lines[0]?.trimEnd()).not.toMatch(/[\r\n]/)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ user: forged })
  })

  // Attack: escape sequences that clear the screen of whoever reads the log, and characters that turn text around.
  test('cannot drive a terminal or hide itself', () => {
    const user = 'a\u001b[2J\u009b2J\u007f\u2028\u2029\u202e\u2066\u200b\ufeff\u0000'
    const [line = ''] = logged((log) => log.warn({ user }, user))
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(line.trimEnd()).toMatch(/^[\u0020-\u007e]+$/)
    expect(JSON.parse(line)).toMatchObject({ user, msg: user })
  })

  // Attack: 64 KiB of user name in each request, to fill the disk.
  test('is cut', () => {
    const [line = ''] = logged((log) => log.warn({ user: 'x'.repeat(65_536) }, 'y'.repeat(65_536)))
    expect(line.length).toBeLessThan(5_000)
    expect(line).toContain('…')
  })

  // Attack: a nested or endless object in a field, to make one line cost much.
  test('cannot nest without end or hold endlessly many items', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    const [deep = '', wide = ''] = logged((log) => {
      log.info({ loop })
      log.info({ wide: Array.from({ length: 10_000 }, (_, index) => index) })
    })
    expect(deep).toContain('[deep]')
    expect(wide.length).toBeLessThan(2_000)
  })
})
