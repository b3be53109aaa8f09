import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Outcome, runFile } from './runner.ts'

const folder = mkdtempSync(join(tmpdir(), 'keddah-conformance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a document as a file with a name that says nothing. */
function run(document: unknown): string[] {
  const file = join(folder, 'file.json')
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document))
  return runFile(file).map(({ name, status }: Outcome) => `${status} ${name}`)
}

const acl = (name: string, allowed: boolean): object => ({
  name,
  area: 'access-control-list',
  given: { acl: 'ada', user: { shortName: 'ada', groups: [] } },
  expect: { allowed },
})

describe('the conformance runner', () => {
  test.each([
    ['a right expectation passes', { cases: [acl('right', true)] }, ['passed right']],
    ['a wrong expectation fails', { cases: [acl('wrong', false)] }, ['failed wrong']],
    [
      'areas may be mixed in one file, each case says its own',
      {
        cases: [
          acl('list', true),
          {
            name: 'keys',
            area: 'policy-keys',
            given: { aclKey: 'a.acl' },
            expect: { hosts: 'a.hosts' },
          },
        ],
      },
      ['passed list', 'passed keys'],
    ],
    [
      'an area of a later issue is skipped by name',
      { cases: [{ ...acl('frame', true), area: 'rpc-frames' }] },
      ['skipped frame'],
    ],
    ['an unknown area fails', { cases: [{ ...acl('odd', true), area: 'soup' }] }, ['failed odd']],
    [
      'an expectation of which nothing can be compared fails',
      { cases: [{ ...acl('void', true), expect: { moon: 'full' } }] },
      ['failed void'],
    ],
    ['a case without a name fails', { cases: [{ area: 'policy-keys' }] }, ['failed case #1']],
    ['an unknown format fails', { format: 'soup/1', cases: [] }, ['failed the file itself']],
    ['a file without cases fails', { cases: [] }, ['failed the file itself']],
    ['a file of another kind fails', { hello: 'world' }, ['failed the file itself']],
    ['text that is not JSON fails', '{"cases": [', ['failed the file itself']],
    [
      'each request of a Ranger case counts',
      { format: 'ranger-cases/1', cases: [{ name: 'two', requests: [{}, {}] }] },
      ['skipped two #1', 'skipped two #2'],
    ],
    [
      'a Ranger fixture is known by its shape',
      { serviceDef: {}, policies: [], tests: [{ name: 'one' }] },
      ['skipped one'],
    ],
    [
      'a Ranger matcher fixture is known by its shape',
      { testCases: [{ name: 'group', tests: [{ name: 'one' }] }] },
      ['skipped group: one'],
    ],
  ])('%s', (_, document, wanted) => {
    expect(run(document)).toEqual(wanted)
  })

  test('a file that is not there fails', () => {
    expect(runFile(join(folder, 'missing.json')).map(({ status }) => status)).toEqual(['failed'])
  })

  test('an input that may be refused passes when it is refused, and fails when it is let through', () => {
    const kerberos = (name: string, rules: string, expected: object): object => ({
      name,
      area: 'kerberos-name',
      given: { rules, mechanism: 'hadoop', defaultRealm: 'R', principal: 'ada@R' },
      expect: expected,
    })
    const cases = [
      kerberos('possessive [java regex]', 'RULE:[1:$1](a.*+)', { shortName: 'ada' }),
      kerberos('possessive, not marked', 'RULE:[1:$1](a.*+)', { shortName: 'ada' }),
      kerberos('let through [java regex]', 'RULE:[1:$1]', { error: 'NoMatchingRule' }),
    ]
    expect(run({ cases })).toEqual([
      'passed possessive [java regex]',
      'failed possessive, not marked',
      'failed let through [java regex]',
    ])
  })
})
