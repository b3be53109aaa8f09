import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { HostNames, type Lookup } from '../../../src/config/host-names.ts'
import { type Refresher, type RefresherOptions, startRefresher } from '../../../src/config/refresher.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'
import type { Policy } from '../../../src/policy/policy.ts'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files below a folder, making folders on the way. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

/** A Hadoop configuration file. */
export const xml = (properties: Readonly<Record<string, string>>): string =>
  `<configuration>\n${Object.entries(properties)
    .map(([key, value]) => `<property><name>${key}</name><value>${value}</value></property>\n`)
    .join('')}</configuration>\n`

/** The ACL key that most tests turn. */
export const CLIENT = 'security.client.protocol.acl'

/** A policy in which `users` may use the NameNode. */
export const policyOf = (users: string, more: Readonly<Record<string, string>> = {}): string =>
  xml({ [CLIENT]: users, ...more })

/** The settings that most tests start from. */
export const SETTINGS = `hadoop: { confDir: conf }
services:
  - { name: nn, kind: namenode, listen: '127.0.0.1:0', upstreams: ['http://nn1:9870'] }
`

/** `code key line:column` of problems, in order. */
export const brief = (problems: readonly Problem[]): string[] =>
  problems.map(({ code, key, line, column }) => `${code} ${key ?? '-'} ${line}:${column}`)

/** The error of the operator's files that a promise ends in; null where it is kept. */
export async function rejection(promise: Promise<unknown>): Promise<ConfigError | null> {
  try {
    await promise
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Waits until something is the case; the deadline is only there so that a failing test ends. */
export async function until(isSo: () => boolean, what: string, deadlineMs = 20_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await sleep(5)
  }
}

/** A name service whose answers are given by hand. `asked` are the names it was asked for. */
export class NameService {
  readonly addresses: Map<string, string> = new Map()
  readonly asked: string[] = []
  /** Resolves before an answer is given; replaced to hold answers back. */
  gate: Promise<void> = Promise.resolve()

  readonly lookup: Lookup = async (name: string): Promise<string> => {
    this.asked.push(name)
    await this.gate
    const address = this.addresses.get(name)
    if (address === undefined) throw new Error('ENOTFOUND')
    return address
  }
}

/** A folder with settings and Hadoop's files, and what keeps them in force. */
export async function setUp(
  files: Readonly<Record<string, string | Buffer>> = {},
  more: Partial<Pick<RefresherOptions<{ policy: Policy }, object>, 'prepare' | 'onSwap' | 'onResult'>> & {
    names?: NameService
  } = {},
): Promise<{
  folder: string
  names: NameService
  refresher: Refresher<{ policy: Policy }, object>
  write: (files: Readonly<Record<string, string | Buffer>>) => void
  acl: () => string | undefined
}> {
  const folder = temporaryFolder()
  const write = (changed: Readonly<Record<string, string | Buffer>>): void => writeFiles(folder, changed)
  write({
    'keddah.yaml': SETTINGS,
    'conf/hadoop-policy.xml': policyOf('alice'),
    'conf/core-site.xml': xml({}),
    ...files,
  })
  const { names = new NameService(), ...hooks } = more
  const refresher = await startRefresher<{ policy: Policy }, object>({
    settingsFile: join(folder, 'keddah.yaml'),
    environment: new Map([['KRB5_CONFIG', join(folder, 'krb5.conf')]]),
    names: new HostNames(names.lookup),
    prepare: () => ({}),
    loadPermissions: () => null,
    makeSnapshot: (_, policy, __, previous) => (previous?.policy === policy ? previous : { policy }),
    ...hooks,
  })
  const acl = (): string | undefined => refresher.current().hadoop.policy.services.get(CLIENT)?.acl.text
  return { folder, names, refresher, write, acl }
}
