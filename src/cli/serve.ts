import { startApp } from '../app.ts'
import { type Command, EXIT } from './command.ts'
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
  async run(flags, { environment, nodeOptions }) {
    const stop = listenForStop()
    const app = await startApp({
      settingsFile: settingsFile(flags),
      environment,
      nodeOptions,
      version: packageVersion(),
      loopbackUser: null,
    })
    await serveUntilStopped(app, stop)
    return EXIT.done
  },
}
