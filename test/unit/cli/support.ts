import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { Output } from '../../../src/cli/command.ts'
import { run } from '../../../src/cli/run.ts'
import { hadoopXml } from '../../support/keddah.ts'

/** What a command left: its exit code and all it wrote. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** The last line of stdout, parsed. */
  json(): Record<string, unknown>
}

const outputInto = (texts: string[], isTerminal = false): Output => ({
  isTerminal,
  write: (text) => {
    texts.push(text)
    return Promise.resolve(true)
  },
})

/** Runs a command line in this process. */
export async function keddah(
  argv: readonly string[],
  options: { input?: string | Readable; environment?: Record<string, string>; isTerminal?: boolean } = {},
): Promise<Ran> {
  const stdout: string[] = []
  const stderr: string[] = []
  const { input = '' } = options
  const code = await run(argv, {
    stdin: typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input,
    stdout: outputInto(stdout),
    stderr: outputInto(stderr, options.isTerminal),
    environment: new Map(Object.entries(options.environment ?? {})),
    nodeOptions: [],
  })
  const text = stdout.join('')
  return {
    code,
    stdout: text,
    stderr: stderr.join(''),
    json: () => {
      const value: Record<string, unknown> = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')
      return value
    },
  }
}

/** A folder with these files, each properties or a text; removed after the test. */
export function folderOf(files: Readonly<Record<string, Readonly<Record<string, string>> | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : hadoopXml(content))
  return folder
}

/** The policy of most tests: alice and the group analysts may, from anywhere; hue may act for analysts from here. */
export const confFolder = (): string =>
  folderOf({
    'hadoop-policy.xml': { 'security.client.protocol.acl': 'alice analysts' },
    'core-site.xml': {
      'hadoop.security.authorization': 'true',
      'hadoop.security.group.mapping': 'org.apache.hadoop.security.NullGroupsMapping',
      'hadoop.user.group.static.mapping.overrides': 'bob=analysts',
      'hadoop.proxyuser.hue.groups': 'analysts',
      'hadoop.proxyuser.hue.hosts': '10.0.0.1',
    },
  })
