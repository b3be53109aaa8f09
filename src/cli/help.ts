import type { Command } from './command.ts'
import { COMMON_FLAGS, type FlagSpec } from './flags.ts'

const nameOf = ({ words }: Command): string => words.join(' ')

/** What `--help` prints for one command. */
export function commandHelp(command: Command): string {
  const { usage, about, examples } = command
  const sections = [
    `Usage: keddah ${nameOf(command)}${usage === '' ? '' : ` ${usage}`}`,
    about.trim(),
    `Flags:\n${flagLines({ ...command.flags, ...COMMON_FLAGS })}`,
    `Examples:\n${examples.map((line) => `  ${line}`).join('\n')}`,
  ]
  return `${sections.join('\n\n')}\n`
}

/** What `keddah --help` prints, or `keddah NOUN --help` for the commands of one noun. */
export function overview(commands: readonly Command[], noun: string | null): string {
  const width = Math.max(...commands.map((command) => nameOf(command).length))
  const lines = commands.map((command) => `  ${nameOf(command).padEnd(width)}  ${command.summary}`)
  const head =
    noun === null
      ? 'Keddah enforces hadoop-policy.xml on every HTTP request to a Hadoop cluster, and says why.\n\n'
      : ''
  const foot =
    noun === null
      ? '\nExit codes: 0 allowed or done, 1 refused, 2 wrong usage, 3 admin listener not reachable,\n' +
        '78 configuration that cannot be used.\n'
      : ''
  const usage = noun === null ? 'COMMAND' : `${noun} COMMAND`
  return `${head}Usage: keddah ${usage} [FLAGS]\n\nCommands:\n${lines.join('\n')}\n\n\`keddah COMMAND --help\` says more about each.\n${foot}`
}

function flagLines(flags: FlagSpec): string {
  const rows = Object.entries(flags).map(
    ([name, { value, help }]) => [value === null ? `--${name}` : `--${name} ${value}`, help] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`).join('\n')
}
