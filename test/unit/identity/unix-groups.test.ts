import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createUnixProvider } from '../../../src/identity/groups/unix.ts'

const folder = mkdtempSync(join(tmpdir(), 'keddah-unix-groups-'))
afterAll(() => rmSync(folder, { recursive: true }))
let programs = 0

/** Writes a program that stands for `id`; it is called with the flags, `--` and the user. */
function program(body: string): string {
  const file = join(folder, `id-${programs++}`)
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return file
}

const providerOf = (body: string, timeoutMs = 20_000) =>
  createUnixProvider({ command: program(body), timeoutMs })

const failed = expect.objectContaining({ code: 'ERR_GROUPS_PROVIDER' })

describe("the machine's own id", () => {
  const provider = createUnixProvider({ timeoutMs: 20_000 })

  test('root is in the groups that id prints', async () => {
    const printed = execFileSync('id', ['-Gn', 'root'], { encoding: 'utf8' }).trim().split(' ')
    expect(await provider.groupsOf('root')).toEqual(printed)
  })

  test('an unknown user simply has no groups', async () => {
    expect(await provider.groupsOf('keddah-nobody-knows')).toEqual([])
  })

  // `id 0` and `id +0` answer for the account with that number: a caller named `0` would be in all groups of root.
  test.each(['0', '+0', '00', ' 0'])('the user named %j is not root', async (user) => {
    expect(await provider.groupsOf(user)).toEqual([])
  })

  // Handed to a shell, these would run a program; handed to `id` as they are, the last ones would be options.
  test.each(['$(touch x)', '`id`', 'root; id', 'root\nroot', "root'", '-z', '--help', '--', 'root\0', ''])(
    'the user named %j is nobody, and nothing is run for it',
    async (user) => {
      expect(await provider.groupsOf(user)).toEqual([])
    },
  )
})

describe('what id prints', () => {
  test('the primary group comes first, repetitions are dropped', async () => {
    const provider = providerOf(String.raw`printf 'eng\0math\0eng\0'`)
    expect(await provider.groupsOf('alice')).toEqual(['eng', 'math'])
  })

  test('a group with a blank in its name is one group', async () => {
    const provider = providerOf(String.raw`printf 'domain users\0hdfs admins\0'`)
    expect(await provider.groupsOf('alice')).toEqual(['domain users', 'hdfs admins'])
  })

  test('group ids without a name are dropped, a group whose name is a number stays', async () => {
    const provider = providerOf(String.raw`case "$1" in
      -Gnz) printf 'eng\00077777\0007\0'; echo 'id: cannot find name for group ID 77777' >&2; exit 1;;
      -Gz) printf '100\00077777\000300\0';;
    esac`)
    expect(await provider.groupsOf('alice')).toEqual(['eng', '7'])
  })

  test('a program without -z is asked again without it, once and for all', async () => {
    const log = join(folder, 'asked')
    const provider = providerOf(String.raw`echo "$1" >> ${log}
      case "$1" in
        *z) echo "id: unrecognized option: z" >&2; exit 1;;
        *) echo "eng math";;
      esac`)
    expect(await provider.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(await provider.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(execFileSync('cat', [log], { encoding: 'utf8' }).split('\n')).toEqual(['-Gnz', '-Gn', '-Gn', ''])
  })

  test.each([
    ['GNU', "id: 'x': no such user"],
    ['GNU with an errno that means unknown', "id: 'x': no such user: No such file or directory"],
    ['BSD', 'id: x: no such user'],
    ['busybox', 'id: unknown user x'],
  ])('an unknown user in the words of %s has no groups', async (_, complaint) => {
    expect(await providerOf(`echo "${complaint}" >&2; exit 1`).groupsOf('x')).toEqual([])
  })

  test('an account whose name is a number has its groups', async () => {
    const provider = providerOf(String.raw`case "$1" in -un) echo 4711;; *) printf 'eng\0';; esac`)
    expect(await provider.groupsOf('4711')).toEqual(['eng'])
  })
})

// Each of these once meant "no groups" in Hadoop: a user of a blocked group was let in while the directory was down.
describe('a look-up that fails is not "no groups"', () => {
  test.each([
    ['ends with an error', 'exit 1'],
    ['says that the user database is away', `echo "id: 'x': no such user: Connection refused" >&2; exit 1`],
    [
      'prints some groups and then fails',
      String.raw`printf 'eng\0'; echo "id: failed to get groups" >&2; exit 1`,
    ],
    ['prints nothing', 'exit 0'],
    ['is killed', 'kill -9 $$'],
    [
      'contradicts itself between two calls',
      String.raw`case "$1" in -Gnz) printf '7\0';; *) printf '7\0008\0';; esac`,
    ],
    ['prints without end', 'yes'],
  ])('where the program %s', async (_, body) => {
    await expect(providerOf(body).groupsOf('x')).rejects.toThrow(failed)
  })

  test('where there is no program', async () => {
    const provider = createUnixProvider({ command: join(folder, 'absent'), timeoutMs: 20_000 })
    await expect(provider.groupsOf('x')).rejects.toThrow(failed)
  })

  test('where the program takes too long', async () => {
    await expect(providerOf('exec sleep 600', 50).groupsOf('x')).rejects.toThrow(/took too long/)
  })
})
