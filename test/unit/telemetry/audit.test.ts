import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DecidedResource } from '../../../src/decision/request.ts'
import { ConfigError } from '../../../src/errors.ts'
import { Audit, type AuditEntry, type AuditOptions } from '../../../src/telemetry/audit.ts'

const ROOT = join(import.meta.dirname, '../../..')

let folder = ''
let file = ''
const open: Audit[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keddah-audit-'))
  file = join(folder, 'audit.log')
})

afterEach(async () => {
  for (const audit of open.splice(0)) await audit.close()
  rmSync(folder, { recursive: true })
})

const entry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  time: Date.UTC(2026, 10, 24, 12),
  requestId: 'r-1',
  service: 'namenode',
  kind: 'namenode',
  user: 'mallory',
  realUser: null,
  address: '10.0.0.1',
  method: 'GET',
  path: '/webhdfs/v1/',
  op: 'LISTSTATUS',
  key: 'security.client.protocol.acl',
  effect: 'deny',
  reason: 'acl',
  rule: 'security.client.protocol.acl = alice',
  file: 'hadoop-policy.xml',
  line: 12,
  resource: null,
  revision: 'abc',
  enforced: true,
  clientRequestId: null,
  ...changes,
})

interface Lost {
  readonly dropped: string[]
  readonly errors: unknown[]
}

const start = (changes: Partial<AuditOptions> = {}): Lost & { audit: Audit } => {
  const lost: Lost = { dropped: [], errors: [] }
  const audit = new Audit({
    file,
    allows: 'all',
    bufferLines: 1_000,
    onDropped: (effect) => lost.dropped.push(effect),
    onError: (error) => lost.errors.push(error),
    ...changes,
  })
  open.push(audit)
  return { ...lost, audit }
}

const read = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line))

const until = async (condition: () => boolean, what: string): Promise<void> => {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await sleep(10)
  }
}

const lines = (path: string): number => (existsSync(path) ? read(path).length : 0)

describe('what is recorded', () => {
  test('is one line of JSON for each decision, in a file of mode 0640', async () => {
    const umask = process.umask(0o022)
    const { audit } = start()
    process.umask(umask)
    audit.record(entry())
    audit.record(entry({ effect: 'allow', reason: 'allowed', rule: null, requestId: 'r-2' }))
    await audit.close()
    const [first, second, ...rest] = read(file)
    expect(rest).toEqual([])
    expect(first).toEqual({ ...entry(), time: '2026-11-24T12:00:00.000Z' })
    expect(second).toMatchObject({ requestId: 'r-2', effect: 'allow' })
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  test('names what permission verification said, in bounds and on one line', async () => {
    const resource: DecidedResource = {
      component: 'HDFS',
      enforcer: 'ranger-acl',
      resource: `/a"b\n${'c'.repeat(8_192)}`,
      resourceType: 'path',
      accessTypes: ['execute', 'read'],
      action: 'listStatus',
      policyId: 7,
      policyName: 'all - path',
      policyVersion: 3,
      priority: 0,
      reason: '',
      isAudited: true,
      isTraverse: false,
      auditPolicyId: 7,
      revision: 'permissions-1',
    }
    const { audit } = start()
    audit.record(entry({ reason: 'ranger_deny', resource }))
    await audit.close()
    const [line, ...rest] = read(file)
    expect(rest).toEqual([])
    expect(line?.['resource']).toEqual({
      component: 'HDFS',
      enforcer: 'ranger-acl',
      action: 'listStatus',
      resource: `/a"b\n${'c'.repeat(1_018)}…`,
      accessTypes: ['execute', 'read'],
      policyId: 7,
      policyName: 'all - path',
      policyVersion: 3,
      reason: '',
    })
  })

  test('is appended to what was there', async () => {
    const first = start()
    first.audit.record(entry())
    await first.audit.close()
    const second = start()
    second.audit.record(entry())
    await second.audit.close()
    expect(read(file).length).toBe(2)
  })

  test('comes without anybody closing', async () => {
    const { audit } = start()
    audit.record(entry())
    await until(() => lines(file) === 1, 'the line')
    expect(read(file)[0]).toMatchObject({ user: 'mallory' })
  })

  test('is every deny, and of the allows what was asked for', async () => {
    const count = async (allows: AuditOptions['allows']): Promise<[number, number]> => {
      let next = 0
      const { audit } = start({ allows, random: () => (next = (next + 0.37) % 1) })
      for (let index = 0; index < 100; index += 1) {
        audit.record(entry({ effect: 'allow' }))
        audit.record(entry({ effect: 'deny' }))
        audit.record(entry({ effect: 'deny', enforced: false }))
      }
      await audit.close()
      const effects = read(file).map((line) => line['effect'])
      unlinkSync(file)
      const allowed = effects.filter((effect) => effect === 'allow').length
      return [allowed, effects.length - allowed]
    }
    expect(await count('all')).toEqual([100, 200])
    expect(await count('none')).toEqual([0, 200])
    expect(await count(0.25)).toEqual([25, 200])
  })

  test('is an allow in any case where the caller says so', async () => {
    const { audit } = start({ allows: 'none' })
    audit.record(entry({ effect: 'allow' }))
    audit.recordAlways(entry({ effect: 'allow', op: 'refresh' }))
    await audit.close()
    expect(read(file).map((line) => line['op'])).toEqual(['refresh'])
  })

  test('is nothing without a file', async () => {
    const { audit, dropped } = start({ file: null })
    audit.record(entry())
    audit.recordAlways(entry())
    audit.reopen()
    await audit.close()
    expect(dropped).toEqual([])
  })

  test('goes to stdout when the file is `-`', () => {
    const source = `
      import { Audit } from './src/telemetry/audit.ts'
      const audit = new Audit({ file: '-', allows: 'all', bufferLines: 9, onDropped() {}, onError(e) { throw e } })
      audit.record(${JSON.stringify(entry())})
      await audit.close()`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT })
    expect(JSON.parse(String(output))).toMatchObject({ user: 'mallory' })
  })
})

describe('text of a caller', () => {
  // Attack: a user name or path that ends its line and adds an allow that never was.
  test('cannot add a line', async () => {
    const { audit } = start()
    const forged = 'x"}\n{"effect":"allow","user":"root"}\r\u2028'
    audit.record(entry({ user: forged, path: forged, clientRequestId: forged, op: forged }))
    await audit.close()
    const [only, ...rest] = read(file)
    expect(rest).toEqual([])
    expect(only).toMatchObject({ effect: 'deny', user: forged, path: forged, clientRequestId: forged })
  })

  // Attack: sequences that drive the terminal of whoever reads the file.
  test('is written in plain ASCII where a terminal could act on it', async () => {
    const { audit } = start()
    audit.record(entry({ user: '\u001b[2J\u009b2J\u007f\u202emallory\u2066\ufeff', path: '/ü' }))
    await audit.close()
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(readFileSync(file, 'utf8').trimEnd()).toMatch(/^[\u0020-\u007eü]+$/)
    expect(read(file)[0]?.['path']).toBe('/ü')
  })

  // Attack: 64 KiB of user name, path and request id in each request, to fill memory and disk.
  test('is cut', async () => {
    const { audit } = start()
    const long = 'x'.repeat(65_536)
    audit.record(entry({ user: long, realUser: long, path: long, op: long, clientRequestId: long }))
    await audit.close()
    const [line] = read(file)
    expect(String(line?.['user']).length).toBe(256)
    expect(String(line?.['path']).length).toBe(1_024)
    expect(readFileSync(file).length).toBeLessThan(4_096)
  })
})

describe('when there is more than can be written', () => {
  // Attack: a flood of refused requests, to push the lines of the attack before it out of the record.
  test('allows are dropped and counted before denies, and nobody waits', async () => {
    const { audit, dropped } = start({ bufferLines: 10 })
    for (let index = 0; index < 50; index += 1) {
      audit.record(entry({ effect: 'allow', requestId: `a${index}` }))
      if (index % 10 === 0) audit.record(entry({ requestId: `d${index}` }))
    }
    await audit.close()
    const kept = read(file).map((line) => String(line['requestId']))
    expect(kept.filter((id) => id.startsWith('d'))).toEqual(['d0', 'd10', 'd20', 'd30', 'd40'])
    expect(kept.length).toBe(10)
    expect(dropped).toEqual(Array.from({ length: 45 }, () => 'allow'))
  })

  // Attack: whoever reads the audit stops reading, and so stops the traffic or the shutdown.
  test('a reader that has stopped reading stalls neither requests nor the end of the process', async () => {
    const source = `
      import { Audit } from './src/telemetry/audit.ts'
      let dropped = 0
      const onDropped = () => (dropped += 1)
      const audit = new Audit({ file: '-', allows: 'all', bufferLines: 100, onDropped, onError() {} })
      for (let round = 0; round < 30; round += 1) {
        for (let index = 0; index < 100; index += 1) audit.record(${JSON.stringify(entry({ path: 'x'.repeat(900) }))})
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      await audit.close()
      process.stderr.write(String(dropped))
      process.exit(0)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.pause()
    let dropped = ''
    child.stderr.on('data', (chunk) => (dropped += String(chunk)))
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(Number(dropped)).toBeGreaterThan(0)
  })

  test('a named pipe without a reader is refused at the start, not waited for', () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect(() => start({ file: pipe })).toThrow(/ENXIO/)
  })

  test('entries after the close are counted', async () => {
    const { audit, dropped } = start()
    await audit.close()
    audit.record(entry())
    expect(dropped).toEqual(['deny'])
  })
})

describe('rotation', () => {
  test('a file that was moved away is made anew without a signal, and no line is lost or doubled', async () => {
    const { audit, errors } = start()
    let written = 0
    const write = (count: number): void => {
      for (let index = 0; index < count; index += 1) audit.record(entry({ requestId: `n${written++}` }))
    }
    write(3)
    await until(() => lines(file) === 3, 'three lines')
    renameSync(file, `${file}.1`)
    write(2)
    await until(() => lines(file) === 2, 'two lines in the new file')
    expect(lines(`${file}.1`)).toBe(3)
    unlinkSync(file)
    write(1)
    await until(() => lines(file) === 1, 'a line after the removal')
    expect(errors).toEqual([])
  })

  test('a reopen on request takes up at the path, even when nothing is recorded', async () => {
    const { audit } = start()
    audit.record(entry())
    await until(() => lines(file) === 1, 'a line')
    renameSync(file, `${file}.1`)
    audit.reopen()
    await until(() => existsSync(file), 'the new file')
    expect(lines(`${file}.1`)).toBe(1)
  })
})

describe('when the file cannot be written', () => {
  test('a start is refused, and the setting and the file are named', () => {
    const where = join(folder, 'missing', 'audit.log')
    expect(() => start({ file: where })).toThrow(ConfigError)
    expect(() => start({ file: where })).toThrow(/audit\.file.*ENOENT/)
    expect(() => start({ file: folder })).toThrow(/EISDIR/)
  })

  test('later trouble is told, and what waits is written when it is over', async () => {
    const deeper = join(folder, 'logs')
    mkdirSync(deeper)
    const path = join(deeper, 'audit.log')
    const { audit, errors, dropped } = start({ file: path, bufferLines: 3 })
    renameSync(deeper, `${deeper}.gone`)
    audit.record(entry({ requestId: 'first' }))
    await until(() => errors.length > 0, 'the error')
    expect(audit.trouble()).toMatchObject({ since: expect.any(Number), lost: 0 })
    for (const requestId of ['second', 'third', 'fourth', 'fifth']) audit.record(entry({ requestId }))
    expect(audit.trouble()?.lost).toBe(1)
    mkdirSync(deeper)
    await until(() => lines(path) === 4, 'the lines that waited')
    expect(read(path).map((line) => line['requestId'])).toEqual(['first', 'second', 'third', 'fourth'])
    expect(dropped).toEqual(['deny'])
    await until(() => audit.trouble() === null, 'the end of the trouble')
  })

  test('a full disk is told, and traffic goes on', async () => {
    const { audit, errors } = start({ file: '/dev/full' })
    audit.record(entry())
    await until(() => errors.length > 0, 'the error')
    expect(String(errors[0])).toContain('ENOSPC')
    audit.record(entry())
    await audit.close()
  })
})
