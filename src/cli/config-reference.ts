import { settingsReference, settingsTable } from '../config/reference.ts'
import { type Command, EXIT } from './command.ts'
import { writeJson } from './report.ts'

/** `keddah config reference`: the table of `docs/configuration.md`. */
export const configReference: Command = {
  words: ['config', 'reference'],
  summary: 'print every setting with its type, default and meaning',
  usage: '',
  about: 'Prints every setting of the settings file as a table in Markdown, or with --json as a list.',
  flags: {},
  maxPositionals: 0,
  examples: ['keddah config reference', 'keddah config reference --json'],
  refused: 'nothing was printed',
  async run(flags, io) {
    if (flags.has('json')) await writeJson(io, settingsReference())
    else await io.stdout.write(`${settingsTable()}\n`)
    return EXIT.done
  },
}
