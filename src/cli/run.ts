import { ConfigError } from '../errors.ts'
import { nearestName } from '../policy/nearest-name.ts'
import { type Command, EXIT, type ExitCode, type Io, UnreachableError, UsageError } from './command.ts'
import { COMMANDS } from './commands.ts'
import { readFlags } from './flags.ts'
import { commandHelp, overview } from './help.ts'
import { configErrorJson, configErrorText, writeJson } from './report.ts'
import { packageVersion } from './version.ts'

/**
 * Runs one command line.
 *
 * Shape: `argv` is what follows the name of the program. What a command refuses is told on stderr, or as JSON on
 * stdout where `--json` was given, and the exit code says what kind of refusal it was.
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const isJson = argv.includes('--json')
  try {
    return await dispatch(argv, isJson, io)
  } catch (error) {
    if (error instanceof UsageError) {
      const hint = error.hint === null ? '' : `, ${error.hint}`
      if (isJson) await writeJson(io, { error: { code: 'usage', message: error.message, hint: error.hint } })
      await io.stderr.write(`keddah: ${error.message}${hint}\n`)
      return EXIT.usage
    }
    if (error instanceof UnreachableError) {
      if (isJson) await writeJson(io, { error: { code: 'unreachable', message: error.message } })
      await io.stderr.write(`keddah: ${error.message}\n`)
      return EXIT.unreachable
    }
    throw error
  }
}

async function dispatch(argv: readonly string[], isJson: boolean, io: Io): Promise<ExitCode> {
  const [noun, verb] = argv
  if (noun === undefined) {
    await io.stderr.write(overview(COMMANDS, null))
    return EXIT.usage
  }
  if (noun === '--version') return printVersion(argv.includes('--json'), io)
  if (noun === '--help' || noun === '-h' || noun === 'help') return print(overview(COMMANDS, null), io)
  const family = COMMANDS.filter(({ words }) => words[0] === noun)
  if (family.length === 0) throw unknownCommand(noun)
  const command = family.find(({ words }) => words.length === 1 || words[1] === verb)
  if (command === undefined) return withoutVerb(noun, verb, family, io)
  const flags = readFlags(argv.slice(command.words.length), command.flags, command.maxPositionals)
  if (flags.has('help')) return print(commandHelp(command), io)
  if (flags.has('version')) return printVersion(flags.has('json'), io)
  try {
    return await command.run(flags, io)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (isJson) await writeJson(io, configErrorJson(error))
    else await io.stderr.write(configErrorText(error, command.refused))
    return EXIT.badConfiguration
  }
}

async function withoutVerb(
  noun: string,
  verb: string | undefined,
  family: readonly Command[],
  io: Io,
): Promise<ExitCode> {
  if (verb === '--help' || verb === '-h') return print(overview(family, noun), io)
  if (verb === '--version') return printVersion(false, io)
  const verbs = family.map(({ words }) => words[1] ?? '')
  const list = verbs.map((word) => `\`keddah ${noun} ${word}\``).join(', ')
  if (verb === undefined) throw new UsageError(`\`keddah ${noun}\` needs one word more`, `there is ${list}`)
  const nearest = nearestName(verb, verbs)
  const hint = nearest === null ? `there is ${list}` : `did you mean \`keddah ${noun} ${nearest}\`?`
  throw new UsageError(`unknown command \`keddah ${noun} ${verb}\``, hint)
}

function unknownCommand(noun: string): UsageError {
  if (noun.startsWith('-')) return new UsageError(`unknown flag \`${noun}\``, 'see `keddah --help`')
  const names = COMMANDS.map(({ words }) => words.join(' '))
  const nearest =
    nearestName(noun, names) ?? nearestName(noun, new Set(COMMANDS.map(({ words }) => words[0] ?? '')))
  const hint = nearest === null ? 'see `keddah --help`' : `did you mean \`keddah ${nearest}\`?`
  return new UsageError(`unknown command \`${noun}\``, hint)
}

async function print(text: string, io: Io): Promise<ExitCode> {
  await io.stdout.write(text)
  return EXIT.done
}

async function printVersion(isJson: boolean, io: Io): Promise<ExitCode> {
  const version = packageVersion()
  return print(isJson ? `${JSON.stringify({ name: 'keddah', version })}\n` : `keddah ${version}\n`, io)
}
