import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { writeLocalToken } from '../../../src/app/admin-token.ts'
import { configError } from '../../support/config-error.ts'

const place = { file: '/k.yaml', line: 2, column: 1, key: 'stateDir' }

const stateDir = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-token-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'deep', 'state')
}

describe('the token of this machine', () => {
  test('is random, for the owner alone, and known to the process as a hash', () => {
    const folder = stateDir()
    const { tokens } = writeLocalToken(folder, place)
    const file = join(folder, 'admin.token')
    const text = readFileSync(file, 'utf8').trim()
    expect(Buffer.from(text, 'base64url')).toHaveLength(32)
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600])
    const sha256 = createHash('sha256').update(text).digest('hex')
    expect(tokens).toEqual([{ name: 'admin.token', sha256, user: userInfo().username }])
    expect(readdirSync(folder)).toEqual(['admin.token'])
  })

  test('replaces what an earlier process left, and does not follow a link', () => {
    const folder = stateDir()
    writeLocalToken(folder, place)
    const file = join(folder, 'admin.token')
    const old = readFileSync(file, 'utf8')
    writeLocalToken(folder, place)
    expect(readFileSync(file, 'utf8')).not.toBe(old)
    const elsewhere = join(folder, 'elsewhere')
    writeFileSync(elsewhere, 'untouched')
    rmSync(file)
    symlinkSync(elsewhere, file)
    writeLocalToken(folder, place)
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('is taken away at the end, unless another process has written its own by then', () => {
    const folder = stateDir()
    const first = writeLocalToken(folder, place)
    const second = writeLocalToken(folder, place)
    first.remove()
    expect(readdirSync(folder)).toEqual(['admin.token'])
    second.remove()
    expect(readdirSync(folder)).toEqual([])
    second.remove()
  })

  test('a folder that cannot be made is refused with the place of the setting', () => {
    const error = configError(() => writeLocalToken('/dev/null/state', place))
    expect(error).toMatchObject({ code: 'ERR_CONFIG_WRITE', problems: [{ ...place, code: 'state_dir' }] })
  })
})
