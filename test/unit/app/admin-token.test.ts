import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type LocalToken, writeLocalToken } from '../../../src/app/admin-token.ts'
import { ConfigError } from '../../../src/errors.ts'

const place = { file: '/k.yaml', line: 2, column: 1, key: 'stateDir' }
const MODULE = resolve(import.meta.dirname, '../../../src/app/admin-token.ts')

const stateDir = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-token-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'deep', 'state')
}

const written = async (folder: string): Promise<LocalToken> => {
  const token = await writeLocalToken(folder, place)
  onTestFinished(() => token.remove())
  return token
}

const refusal = async (folder: string): Promise<ConfigError | null> => {
  try {
    await written(folder)
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Another process that takes the folder, says so, and keeps it until it is ended. */
const holder = async (folder: string): Promise<{ child: ChildProcess; said: string }> => {
  const script = `
    const { writeLocalToken } = await import(${JSON.stringify(MODULE)})
    const place = ${JSON.stringify(place)}
    try {
      await writeLocalToken(${JSON.stringify(folder)}, place)
      console.log('has it')
      setInterval(() => {}, 1000)
    } catch (error) {
      console.log(error.problems[0].code)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim() }
}

const ended = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('the token of this machine', () => {
  test('is random, for the owner alone, and known to the process as a hash', async () => {
    const folder = stateDir()
    const { tokens } = await written(folder)
    const file = join(folder, 'admin.token')
    const text = readFileSync(file, 'utf8').trim()
    expect(Buffer.from(text, 'base64url')).toHaveLength(32)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const sha256 = createHash('sha256').update(text).digest('hex')
    expect(tokens).toEqual([{ name: 'admin.token', sha256, user: userInfo().username }])
    expect(readdirSync(folder).sort()).toEqual(['admin.token', 'keddah.lock', 'keddah.pid'])
    // Who may read the lock file may hold the lock.
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'keddah.pid'), 'utf8')).toBe(`${process.pid}\n`)
  })

  test('replaces what an earlier process left, and does not follow a link', async () => {
    const folder = stateDir()
    mkdirSync(folder, { recursive: true })
    const elsewhere = join(folder, 'elsewhere')
    writeFileSync(elsewhere, 'untouched')
    symlinkSync(elsewhere, join(folder, 'admin.token'))
    symlinkSync(elsewhere, join(folder, 'keddah.pid'))
    await written(folder)
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched')
    expect(statSync(join(folder, 'admin.token')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'admin.token'), 'utf8')).not.toContain('untouched')
  })

  test('comes with the address where it can be used, and goes with it', async () => {
    const folder = stateDir()
    const token = await writeLocalToken(folder, place, 'carol')
    expect(token.tokens).toMatchObject([{ user: 'carol' }])
    token.announce('https://127.0.0.1:1', 'PEM')
    expect(readFileSync(join(folder, 'admin.crt'), 'utf8')).toBe('PEM')
    token.announce('http://127.0.0.1:9480', null)
    expect(readdirSync(folder)).not.toContain('admin.crt')
    expect(readFileSync(join(folder, 'admin.url'), 'utf8')).toBe('http://127.0.0.1:9480\n')
    expect(statSync(join(folder, 'admin.url')).mode & 0o777).toBe(0o600)
    token.announce('https://127.0.0.1:9480', 'PEM')
    token.remove()
    expect(readdirSync(folder)).toEqual(['keddah.lock'])
  })

  test('is taken away at the end, unless somebody has put another one there by then', async () => {
    const folder = stateDir()
    const first = await written(folder)
    writeFileSync(join(folder, 'admin.token'), 'of another')
    first.remove()
    expect(readdirSync(folder).sort()).toEqual(['admin.token', 'keddah.lock'])
    const second = await written(folder)
    second.remove()
    expect(readdirSync(folder)).toEqual(['keddah.lock'])
    second.remove()
  })

  test('a folder that cannot be made is refused with the place of the setting, in words', async () => {
    const error = await refusal('/dev/null/state')
    expect(error).toMatchObject({ code: 'ERR_CONFIG_WRITE', problems: [{ ...place, code: 'state_dir' }] })
    expect(error?.message).toBe(
      'cannot write to `/dev/null/state` (stateDir): there is a file where a folder should be (ENOTDIR)',
    )
  })
})

describe('a state folder belongs to one process at a time', () => {
  test('the second is refused, is told who has it, and touches nothing', async () => {
    const folder = stateDir()
    const { child, said } = await holder(folder)
    expect(said).toBe('has it')
    const before = readFileSync(join(folder, 'admin.token'), 'utf8')
    const error = await refusal(folder)
    expect(error?.problems).toMatchObject([{ ...place, code: 'state_dir_in_use' }])
    expect(error?.message).toContain(`in use by the running instance with process id ${child.pid}`)
    expect(error?.problems[0]?.hint).toContain(
      `end process ${child.pid}, or give this instance a \`stateDir\``,
    )
    expect(readFileSync(join(folder, 'admin.token'), 'utf8')).toBe(before)
    expect(readFileSync(join(folder, 'keddah.pid'), 'utf8')).toBe(`${child.pid}\n`)
    await ended(child)
  })

  test('a second one in the same process as well', async () => {
    const folder = stateDir()
    const first = await written(folder)
    expect((await refusal(folder))?.message).toContain(String(process.pid))
    first.remove()
    expect(await refusal(folder)).toBeNull()
  })

  test('what a process left that was killed is taken over, also where its number is somebody else’s now', async () => {
    const folder = stateDir()
    const { child } = await holder(folder)
    const old = readFileSync(join(folder, 'admin.token'), 'utf8')
    await ended(child)
    expect(readdirSync(folder).sort()).toEqual(['admin.token', 'keddah.lock', 'keddah.pid'])
    // A process that lives, and is none of ours.
    writeFileSync(join(folder, 'keddah.pid'), `${process.ppid}\n`)
    expect(await refusal(folder)).toBeNull()
    expect(readFileSync(join(folder, 'admin.token'), 'utf8')).not.toBe(old)
    expect(readFileSync(join(folder, 'keddah.pid'), 'utf8')).toBe(`${process.pid}\n`)
  })

  test('of several that start at the same moment, over what a killed one left, exactly one gets it', async () => {
    const folder = stateDir()
    const first = await holder(folder)
    await ended(first.child)
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(folder)))
    const has = all.filter(({ said }) => said === 'has it')
    expect(all.map(({ said }) => said).sort()).toEqual(['has it', ...Array(5).fill('state_dir_in_use')])
    expect(readFileSync(join(folder, 'keddah.pid'), 'utf8')).toBe(`${has[0]?.child.pid}\n`)
  })
})
