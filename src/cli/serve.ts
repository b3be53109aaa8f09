import { inspect } from 'node:util'
import { type App, startApp } from '../app.ts'
import { ConfigError } from '../errors.ts'
import { type Command, EXIT, type Io } from './command.ts'
import { listenForStop, serveUntilStopped } from './serving.ts'
import { CONFIG_FLAG, settingsFile } from './settings-file.ts'
import { packageVersion } from './version.ts'

/** `keddah serve`: runs until it is told to end. */
export const serve: Command = {
  words: ['serve'],
  summary: 'run in front of the services of a settings file',
  usage: '[--config FILE]',
  about: `
Loads the settings and Hadoop's files, then listens. A start that cannot be complete is refused with exit code 78
and every problem that was found. SIGHUP loads everything anew; a broken file changes nothing. SIGTERM and SIGINT
let requests finish, a second one cuts them. The log goes to stderr, one JSON object a line.`,
  flags: CONFIG_FLAG,
  maxPositionals: 0,
  examples: ['keddah serve', 'keddah serve --config ./keddah.yaml'],
  refused: 'nothing was started',
  async run(flags, io) {
    const stop = listenForStop()
    const app = await start(settingsFile(flags), io)
    if (app === null) return EXIT.badConfiguration
    await serveUntilStopped(app, stop)
    return EXIT.done
  },
}

/** Null where a defect of ours keeps it from starting: a service manager must not try that again and again. */
async function start(file: string, { environment, nodeOptions, stderr }: Io): Promise<App | null> {
  try {
    return await startApp({
      settingsFile: file,
      environment,
      nodeOptions,
      version: packageVersion(),
      loopbackUser: null,
    })
  } catch (error) {
    if (error instanceof ConfigError) throw error
    await stderr.write(`keddah: the start failed: ${inspect(error)}\n`)
    return null
  }
}
