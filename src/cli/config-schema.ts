import { settingsJsonSchema } from '../config/known-keys.ts'
import { type Command, EXIT } from './command.ts'

/** `keddah config schema`: for editors. */
export const configSchema: Command = {
  words: ['config', 'schema'],
  summary: 'print the JSON Schema of the settings file',
  usage: '',
  about: 'Prints the JSON Schema of the settings file, for editors that complete and check YAML by it.',
  flags: {},
  maxPositionals: 0,
  examples: ['keddah config schema > keddah.schema.json'],
  refused: 'nothing was printed',
  async run(_, { stdout }) {
    await stdout.write(`${JSON.stringify(settingsJsonSchema(), null, 2)}\n`)
    return EXIT.done
  },
}
