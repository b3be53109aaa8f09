import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { folderOf, keddah } from './support.ts'

const { version } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
) as { version: string }
const lines = COMMANDS.map(({ words }) => words.join(' '))

describe('help and version', () => {
  test('the overview lists every command', async () => {
    const { code, stdout } = await keddah(['--help'])
    expect(code).toBe(0)
    for (const words of lines) expect(stdout).toContain(`  ${words} `)
  })

  test.each(lines)('%s has a help with usage, flags and examples', async (words) => {
    const given = words.split(' ')
    const { code, stdout, stderr } = await keddah([...given, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^Usage: keddah ${words}`))
    for (const part of ['Flags:', '--json', '--help', '--version', 'Examples:', `  keddah ${words}`])
      expect(stdout).toContain(part)
    expect(await keddah([...given, '-h'])).toMatchObject({ code: 0, stdout })
  })

  test.each(lines)('%s has a version', async (words) => {
    const given = words.split(' ')
    expect(await keddah([...given, '--version'])).toMatchObject({ code: 0, stdout: `keddah ${version}\n` })
  })

  test('a noun alone says what it needs, and has a help of its own', async () => {
    expect(await keddah(['policy'])).toMatchObject({
      code: 2,
      stderr:
        'keddah: `keddah policy` needs one word more, there is `keddah policy show`, `keddah policy lint`\n',
    })
    expect((await keddah(['policy', '--help'])).stdout).toContain('policy lint')
    expect((await keddah(['policy', '--help'])).stdout).not.toContain('serve')
  })

  test('the version is also there as JSON', async () => {
    expect((await keddah(['--version', '--json'])).json()).toEqual({ name: 'keddah', version })
  })
})

describe('wrong usage ends with 2 and says what was meant', () => {
  test.each([
    [[], 'Usage: keddah'],
    [['srve'], 'unknown command `srve`, did you mean `keddah serve`?'],
    [['polcy', 'show'], 'unknown command `polcy`, did you mean `keddah policy`?'],
    [['policy', 'lnt'], 'unknown command `keddah policy lnt`, did you mean `keddah policy lint`?'],
    [['xyzzy'], 'unknown command `xyzzy`, see `keddah --help`'],
    [['--jsn'], 'unknown flag `--jsn`, see `keddah --help`'],
    [['serve', '--confg', 'f'], 'unknown flag `--confg`, did you mean `--config`?'],
    [['serve', '-c', 'f'], 'unknown flag `-c`'],
    [['serve', '--config'], '`--config` needs a value: `--config FILE`'],
    [['serve', '--config', '--version'], '`--config` needs a value: `--config FILE`'],
    [['serve', '--config', 'a', '--config', 'b'], '`--config` is given more than once'],
    [['serve', '--help=yes'], '`--help` takes no value'],
    [['serve', 'now'], '`now` is one word too many'],
    [['demo', '--no-json'], 'unknown flag `--no-json`'],
    [['refresh', 'serviceacl'], '`serviceacl` cannot be refreshed, did you mean `service-acl`?'],
    [['refresh', 'everything'], 'there is service-acl, user-mappings, proxy-users'],
    [['refresh', '--admin', 'ftp://x'], '`--admin ftp://x` is not an address'],
    [['config', 'check', 'a.yaml', '--config', 'b.yaml'], 'give the file once'],
    [
      ['policy', 'lint', 'a.xml', '--hadoop-conf', '/b'],
      'give one of `--config`, `--hadoop-conf` and a file',
    ],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await keddah(argv)
    expect(stderr).toContain(message)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('with --json the same is on stdout as JSON', async () => {
    const ran = await keddah(['serve', '--confg', 'f', '--json'])
    expect(ran.json()).toEqual({
      error: { code: 'usage', message: 'unknown flag `--confg`', hint: 'did you mean `--config`?' },
    })
  })
})

describe('a configuration that cannot be used', () => {
  test('ends with 78 and shows every problem with file, line, column, key, message and hint', async () => {
    const folder = folderOf({
      'keddah.yaml': 'stateDir: state\nservces: []\nservices:\n  - { name: nn, kind: nam, listen: 9870 }\n',
    })
    const { code, stderr } = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    expect(code).toBe(78)
    expect(stderr).toContain(
      `${folder}/keddah.yaml:2:1: error: unknown key \`servces\`\n    did you mean \`services\`?\n`,
    )
    expect(stderr).toMatch(/keddah\.yaml:4:\d+: error: `services\[0\]\.kind` has to be/)
    expect(stderr).toMatch(/keddah\.yaml:4:\d+: error: `services\[0\]\.listen` has to be/)
    expect(stderr).toMatch(/3 problems: a start would be refused\n$/)
  })

  // A command that starts nothing does not say that nothing was started.
  test.each([
    [['serve'], 'nothing was started'],
    [['check', '--user', 'a', '--service', 'security.client.protocol.acl'], 'no question was answered'],
    [['policy', 'show', '--parity'], 'there is no policy to show'],
    [['refresh'], 'no instance was asked'],
    [['config', 'check'], 'a start would be refused'],
  ])('%s says what has not come about', async (words, refused) => {
    const { code, stderr } = await keddah([...words, '--config', '/nowhere/keddah.yaml'])
    expect({ code, last: stderr.split('\n').at(-2) }).toEqual({ code: 78, last: `1 problem: ${refused}` })
  })

  test('is JSON where JSON was asked for', async () => {
    const ran = await keddah(['serve', '--config', '/nowhere/keddah.yaml', '--json'])
    expect(ran.code).toBe(78)
    expect(ran.json()).toMatchObject({
      error: { code: 'ERR_CONFIG_READ', problems: [{ file: '/nowhere/keddah.yaml', line: null }] },
    })
  })
})
