import { readFileSync } from 'node:fs'
import { type App, startApp } from '../../../src/app.ts'
import { type KeddahFiles, type KeddahFolder, writeKeddahFiles } from '../keddah.ts'

/** A whole Keddah in this process, on files of its own. */
export interface TestApp extends KeddahFolder {
  readonly app: App
  readonly log: readonly string[]
  /** The base address of a service. */
  url(service: string): string
  /** The token of the state folder. */
  token(): string
  stop(): Promise<void>
}

/** Starts one as `keddah serve` does. */
export async function startTestApp(files: KeddahFiles): Promise<TestApp> {
  const folder = writeKeddahFiles(files)
  const log: string[] = []
  const app = await startApp({
    settingsFile: folder.configFile,
    environment: new Map(),
    nodeOptions: [],
    version: '0',
    loopbackUser: null,
    logDestination: { write: (line) => void log.push(line) },
  })
  return {
    ...folder,
    app,
    log,
    url: (service) => app.urls().get(service) ?? '',
    token: () => readFileSync(`${folder.stateDir}/admin.token`, 'utf8').trim(),
    async stop() {
      await app.close({ graceMs: 0 })
      folder.remove()
    },
  }
}
