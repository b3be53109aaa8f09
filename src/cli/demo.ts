import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, startApp } from '../app.ts'
import { startSandbox } from '../sandbox/cluster.ts'
import { type Command, EXIT, type ExitCode, type Io } from './command.ts'
import { DEMO_ADMIN, type DemoFiles, writeDemoFiles } from './demo-files.ts'
import { demoRequests } from './demo-requests.ts'
import { demoText } from './demo-text.ts'
import { showTried, type Tried, tryRequests } from './demo-try.ts'
import type { Flags } from './flags.ts'
import { writeJson } from './report.ts'
import { listenForStop, serveUntilStopped } from './serving.ts'
import { packageVersion } from './version.ts'

const GRACE_MS = 2_000

/** `keddah demo`: a sandbox cluster with Keddah in front, to try a policy on. */
export const demo: Command = {
  words: ['demo'],
  summary: 'run in front of a sandbox cluster, with requests to try',
  usage: '[--try | --json]',
  about: `
Starts a small NameNode, ResourceManager and DataNode in memory, with Keddah in front of each on free ports, and a
policy in a temporary folder that is watched. alice may use it, bob may because of his group, mallory may not.
--try runs the requests itself, the change of the policy included, and exits with 0 only if each did what it said.
--json prints one line with the addresses when all is ready. Ends on SIGTERM or Ctrl-C.`,
  flags: { try: { value: null, help: 'run the requests, print each with its answer, and exit' } },
  maxPositionals: 0,
  examples: ['keddah demo', 'keddah demo --try', 'keddah demo --json'],
  refused: 'nothing was started',
  async run(flags, io) {
    const stop = listenForStop()
    const sandbox = await startSandbox()
    const folder = mkdtempSync(join(tmpdir(), 'keddah-demo-'))
    try {
      const isQuiet = flags.has('json') && !flags.has('try')
      const files = writeDemoFiles(folder, sandbox, isQuiet ? 'warn' : 'info')
      const app = await startApp({
        settingsFile: files.configFile,
        environment: new Map(),
        nodeOptions: io.nodeOptions,
        version: packageVersion(),
        loopbackUser: DEMO_ADMIN,
        // What people look at is stdout; the log of --json goes where `serve` sends it.
        ...(isQuiet ? {} : { logDestination: { write: (line) => appendFileSync(files.logFile, line) } }),
      })
      try {
        if (flags.has('try')) return await tryAll(app, files, flags, io)
        await present(app, files, flags, io)
        await serveUntilStopped(app, stop, () => ({ graceMs: GRACE_MS }))
        return EXIT.done
      } finally {
        await app.close({ graceMs: 0 })
      }
    } finally {
      await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

const requestsOf = (app: App): ReturnType<typeof demoRequests> =>
  demoRequests(app.urls().get('namenode') ?? '', app.urls().get('resourcemanager') ?? '')

function present(app: App, files: DemoFiles, flags: Flags, io: Io): Promise<boolean> {
  if (!flags.has('json')) return io.stdout.write(demoText(app.adminUrl, app.urls(), files, requestsOf(app)))
  const services = Object.fromEntries(app.urls())
  const { policyDir, configFile } = files
  return writeJson(io, { admin: app.adminUrl, services, policyDir, configFile })
}

async function tryAll(app: App, files: DemoFiles, flags: Flags, io: Io): Promise<ExitCode> {
  const all: Tried[] = []
  const show = flags.has('json') ? (): Promise<unknown> => Promise.resolve() : showTried(io.stdout)
  const isGood = await tryRequests(requestsOf(app), files.policyFile, app.adminUrl, (tried) => {
    all.push(tried)
    return show(tried)
  })
  if (flags.has('json')) await writeJson(io, { asAnnounced: isGood, requests: all })
  else await io.stdout.write(isGood ? `all ${all.length} as announced\n` : 'not all as announced\n')
  return isGood ? EXIT.done : EXIT.refused
}
