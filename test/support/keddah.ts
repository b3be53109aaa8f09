import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = resolve(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'src/main.ts')
const START_MS = 30_000
const STOP_MS = 15_000
const { PATH, NODE_COMPILE_CACHE } = process.env
const ENVIRONMENT = { PATH, NODE_COMPILE_CACHE }

/** What a finished command left. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command to its end, as a child process without the environment of the tests. */
export async function runKeddah(
  args: readonly string[],
  options: { input?: string; environment?: Record<string, string>; cwd?: string } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...ENVIRONMENT, ...options.environment },
  })
  const texts = collect(child)
  // A command that ends early does not read its input to the end.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const code = await exitOf(child)
  return { code, stdout: texts.stdout(), stderr: texts.stderr() }
}

/** A policy or site file of these properties, one a line: the first one stands in line 2. */
export function hadoopXml(properties: Readonly<Record<string, string>>): string {
  const lines = Object.entries(properties).map(
    ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`,
  )
  return ['<configuration>', ...lines, '</configuration>', ''].join('\n')
}

/**
 * Files for one instance in a folder of their own.
 *
 * Shape: `policy` and `coreSite` are properties or the text of the file; `settings` is laid over settings that take
 * free ports, believe `user.name` and give nobody groups but alice (staff) and bob (analysts); `files` are more texts, by
 * their names in the folder of the settings.
 */
export interface KeddahFiles {
  readonly policy: Readonly<Record<string, string>> | string
  readonly coreSite?: Readonly<Record<string, string>> | string
  readonly settings: Readonly<Record<string, unknown>> & { readonly services: readonly object[] }
  readonly files?: Readonly<Record<string, string>>
}

/** Where the files of an instance are. */
export interface KeddahFolder {
  readonly folder: string
  readonly configFile: string
  readonly policyDir: string
  readonly policyFile: string
  readonly coreSiteFile: string
  readonly stateDir: string
  readonly auditFile: string
  remove(): void
}

/** Writes the files of an instance. */
export function writeKeddahFiles({
  policy,
  coreSite = {},
  settings,
  files: more = {},
}: KeddahFiles): KeddahFolder {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-test-'))
  const policyDir = join(folder, 'conf')
  const files = {
    folder,
    configFile: join(folder, 'keddah.yaml'),
    policyDir,
    policyFile: join(policyDir, 'hadoop-policy.xml'),
    coreSiteFile: join(policyDir, 'core-site.xml'),
    stateDir: join(folder, 'state'),
    auditFile: join(folder, 'audit.log'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  const text = (content: Readonly<Record<string, string>> | string): string =>
    typeof content === 'string' ? content : hadoopXml(content)
  mkdirSync(policyDir)
  writeFileSync(files.policyFile, text(policy))
  writeFileSync(files.coreSiteFile, text(coreSite))
  for (const [name, content] of Object.entries(more)) writeFileSync(join(folder, name), content)
  // JSON is YAML.
  writeFileSync(files.configFile, JSON.stringify({ ...DEFAULTS, ...settings }, null, 2))
  return files
}

const DEFAULTS = {
  // One project runs some files once more with several.
  workers: Number(process.env['TEST_WORKERS'] ?? 1),
  hadoop: { confDir: 'conf' },
  stateDir: 'state',
  admin: { listen: '127.0.0.1:0' },
  identity: { authenticators: [{ kind: 'pseudo' }] },
  groups: { provider: 'static', overrides: { alice: ['staff'], bob: ['analysts'] } },
  audit: { file: 'audit.log' },
}

/** A process that runs. */
export interface KeddahProcess extends KeddahFolder {
  readonly pid: number
  readonly admin: string
  /** Base addresses by service. */
  readonly urls: ReadonlyMap<string, string>
  stdout(): string
  stderr(): string
  /** The log so far, parsed. */
  log(): Record<string, unknown>[]
  /** The token of the state folder. */
  token(): string
  signal(name: NodeJS.Signals): void
  /** Says something to the code that was loaded before the product. */
  tell(message: object): void
  /** Ends it with SIGTERM, waits for it, and removes its folder; the exit code. */
  stop(): Promise<number | null>
  /** The exit code, once it has ended by itself. */
  readonly ended: Promise<number | null>
}

/** How a process is started: `openFiles` is how many it may have, `nodeArgs` are for Node itself. */
interface StartOptions {
  readonly openFiles?: number | undefined
  readonly nodeArgs?: readonly string[]
}

/**
 * Starts `keddah serve` on files of its own and waits until it is ready.
 *
 * Errors: one with everything it wrote, where it ends before it is ready.
 */
export async function startKeddah(files: KeddahFiles, options: StartOptions = {}): Promise<KeddahProcess> {
  const folder = writeKeddahFiles(files)
  try {
    return await serveFrom(folder, options)
  } catch (error) {
    folder.remove()
    throw error
  }
}

async function serveFrom(
  folder: KeddahFolder,
  { openFiles, nodeArgs = [] }: StartOptions,
): Promise<KeddahProcess> {
  const command = [process.execPath, ...nodeArgs, MAIN, 'serve', '--config', folder.configFile]
  // The shell becomes the process: signals reach it.
  const bounded = ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command]
  const [program = '', ...args] = openFiles === undefined ? command : bounded
  const child = spawn(program, args, {
    cwd: folder.folder,
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const texts = collect(child)
  const ended = exitOf(child)
  const log = (): Record<string, unknown>[] => parseLines(texts.stderr())
  await waitFor(() => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`keddah ended with ${child.exitCode}:\n${texts.stderr()}`)
    return log().some(({ msg }) => msg === 'ready')
  }, START_MS)
  const urls = new Map<string, string>()
  for (const { msg, service, url } of log()) if (msg === 'listening') urls.set(String(service), String(url))
  const admin = urls.get('admin') ?? ''
  urls.delete('admin')
  return {
    ...folder,
    ...texts,
    pid: child.pid ?? 0,
    admin,
    urls,
    log,
    ended,
    token: () => readFileSync(join(folder.stateDir, 'admin.token'), 'utf8').trim(),
    signal: (name) => child.kill(name),
    tell: (message) => child.send(message),
    stop: async () => {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      const code = await ended
      clearTimeout(late)
      folder.remove()
      return code
    },
  }
}

/** The lines that are whole and JSON. */
function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))
}

function collect(child: ChildProcess): { stdout(): string; stderr(): string } {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => (texts[name] += text))
  return { stdout: () => texts.stdout, stderr: () => texts.stderr }
}

/** When it has ended and all it wrote is there. */
function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
}

/** Waits until something holds. Errors: one that shows the question, after `withinMs`. */
export async function waitFor(
  holds: () => boolean | Promise<boolean>,
  withinMs: number = START_MS,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`)
    await sleep(20)
  }
}
