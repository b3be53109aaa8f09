import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KeddahFolder, runKeddah, writeKeddahFiles } from '../support/keddah.ts'

const KEY = 'security.client.protocol.acl'
const MAIN = join(import.meta.dirname, '../../src/main.ts')

let files: KeddahFolder
beforeAll(() => {
  files = writeKeddahFiles({
    policy: { [KEY]: 'alice analysts' },
    settings: {
      services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://127.0.0.1:1'] }],
    },
  })
})
afterAll(() => files.remove())

describe('the command line as a process', () => {
  test('answers a hundred thousand lines in order', async () => {
    const count = 100_000
    const line = (id: number): string =>
      JSON.stringify({
        id,
        user: id % 3 === 0 ? 'alice' : `user${id}`,
        groups: id % 5 === 0 ? ['analysts'] : [],
        service: KEY,
      })
    const input = `${Array.from({ length: count }, (_, id) => line(id)).join('\n')}\n`
    const { code, stdout, stderr } = await runKeddah(['check', '--batch', '--config', files.configFile], {
      input,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const answers = stdout.trimEnd().split('\n')
    expect(answers).toHaveLength(count)
    const wrong = answers.flatMap((text, index) => {
      const { id, effect } = JSON.parse(text) as { id: number; effect: string }
      const isAllowed = index % 3 === 0 || index % 5 === 0
      return id === index && effect === (isAllowed ? 'allow' : 'deny') ? [] : [text]
    })
    expect(wrong).toEqual([])
  })

  test('stops quietly when nobody reads its answers any more', async () => {
    const child = spawn(process.execPath, [MAIN, 'check', '--batch', '--hadoop-conf', files.policyDir], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdin.on('error', () => {})
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.stdout.once('data', () => child.stdout.destroy())
    const lines = `${JSON.stringify({ user: 'alice', service: KEY })}\n`.repeat(1_000)
    // Without an end of the input it would wait for more.
    const feed = setInterval(() => child.stdin.write(lines), 5)
    expect(await ended).toBe(0)
    clearInterval(feed)
    expect(stderr).toBe('')
  })

  test('ends with 0, 1, 2, 3 and 78 as scripts expect', async () => {
    const check = ['check', '--hadoop-conf', files.policyDir, '--service', KEY, '--user']
    const codes = await Promise.all(
      [
        [...check, 'alice'],
        [...check, 'mallory', '--groups', ''],
        [...check],
        ['refresh', '--admin', 'http://127.0.0.1:1'],
        ['config', 'check', '/nowhere'],
      ].map(async (argv) => (await runKeddah(argv)).code),
    )
    expect(codes).toEqual([0, 1, 2, 3, 78])
  })
})
