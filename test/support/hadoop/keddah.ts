import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CORE, hadoopXml, type Properties } from './configuration.ts'
import type { JavaHome } from './java.ts'
import { until } from './wait.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Keddah as an operator runs it: a process of its own, with a settings file and a configuration folder. */
export interface Keddah {
  /** Base URL of a service by its name; no trailing slash. */
  url(service: string): string
  readonly admin: string
  readonly confDir: string
  /** The token that `serve` writes for the operator on this machine. */
  token(): string
  /** Replaces the policy as an editor does: a new file, renamed over the old one. */
  setPolicy(policy: Properties | string): void
  /** Everything logged so far. */
  log(): string
  stop(): Promise<void>
}

interface KeddahService {
  readonly name: string
  readonly kind: string
  readonly upstream: string | readonly string[]
  /** Further keys of it. */
  readonly settings?: Readonly<Record<string, unknown>>
}

export interface KeddahOptions {
  /** The daemons behind it, whose `hdfs-site.xml` it reads as well. */
  readonly hadoop: Pick<JavaHome, 'confDir'>
  readonly services: readonly KeddahService[]
  /** Properties, or the text of the file. */
  readonly policy: Properties | string
  readonly core?: Properties
  /** Merged over the settings. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** Settings are written as JSON, which YAML contains. */
const settingsOf = (folder: string, options: KeddahOptions): string =>
  JSON.stringify({
    hadoop: { confDir: join(folder, 'conf') },
    stateDir: join(folder, 'state'),
    admin: { listen: '127.0.0.1:0' },
    identity: { authenticators: [{ kind: 'pseudo' }] },
    audit: { file: join(folder, 'audit.log') },
    services: options.services.map(({ name, kind, upstream, settings }) => ({
      name,
      kind,
      listen: '127.0.0.1:0',
      upstreams: [upstream].flat(),
      ...settings,
    })),
    ...options.settings,
  })

const textOf = (policy: Properties | string): string =>
  typeof policy === 'string' ? policy : hadoopXml(policy)

function listening(line: string): { service: string; url: string } | null {
  try {
    const { msg, service, url }: Record<string, unknown> = JSON.parse(line)
    return msg === 'listening' && typeof service === 'string' && typeof url === 'string'
      ? { service, url }
      : null
  } catch {
    return null // not every line of stderr is a log line
  }
}

/** Starts `keddah serve` and waits until every listener is open. Errors: it ended; the message holds its log. */
export async function startKeddah(options: KeddahOptions): Promise<Keddah> {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-hadoop-'))
  const confDir = join(folder, 'conf')
  mkdirSync(confDir)
  mkdirSync(join(folder, 'state'))
  writeFileSync(join(confDir, 'core-site.xml'), hadoopXml({ ...CORE, ...options.core }))
  copyFileSync(join(options.hadoop.confDir, 'hdfs-site.xml'), join(confDir, 'hdfs-site.xml'))
  const policyFile = join(confDir, 'hadoop-policy.xml')
  writeFileSync(policyFile, textOf(options.policy))
  const configFile = join(folder, 'keddah.yaml')
  writeFileSync(configFile, settingsOf(folder, options))

  const child = spawn(process.execPath, ['src/main.ts', 'serve', '--config', configFile], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const killed = (): unknown => child.kill('SIGKILL')
  process.once('exit', killed)
  const lines: string[] = []
  const urls = new Map<string, string>()
  createInterface(child.stderr).on('line', (line) => {
    lines.push(line)
    const found = listening(line)
    if (found !== null) urls.set(found.service, found.url)
  })
  const wanted = [...options.services.map(({ name }) => name), 'admin']
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null
  const stop = async (): Promise<void> => {
    process.removeListener('exit', killed)
    if (!gone()) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const killer = setTimeout(killed, 30_000)
      await exited
      clearTimeout(killer)
    }
    rmSync(folder, { recursive: true, force: true })
  }
  const url = (service: string): string => {
    const found = urls.get(service)
    if (found === undefined) throw new Error(`keddah does not listen for \`${service}\``)
    return found
  }
  try {
    await until('keddah to listen', () => {
      if (gone()) throw new Error(`keddah has ended with ${String(child.exitCode ?? child.signalCode)}`)
      return wanted.every((name) => urls.has(name)) ? true : null
    })
  } catch (cause) {
    await stop()
    throw new Error(`${String(cause)}\n${lines.join('\n')}`, { cause })
  }
  return {
    url,
    admin: url('admin'),
    confDir,
    token: () => readFileSync(join(folder, 'state/admin.token'), 'utf8').trim(),
    setPolicy(policy) {
      writeFileSync(`${policyFile}.new`, textOf(policy))
      renameSync(`${policyFile}.new`, policyFile)
    },
    log: () => lines.join('\n'),
    stop,
  }
}
