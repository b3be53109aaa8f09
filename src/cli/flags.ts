import { parseArgs } from 'node:util'
import { nearestName } from '../policy/nearest-name.ts'
import { UsageError } from './command.ts'

/** One flag: `value` is the word for its value in the help, null for a flag without one. */
interface FlagText {
  readonly value: string | null
  readonly help: string
}

/** The flags of a command by name, without dashes. */
export type FlagSpec = Readonly<Record<string, FlagText>>

/** Flags that every command has. */
export const COMMON_FLAGS: FlagSpec = {
  json: { value: null, help: 'print JSON instead of text' },
  help: { value: null, help: 'print this and exit' },
  version: { value: null, help: 'print the version and exit' },
}

/** What was given on a command line. */
export class Flags {
  readonly positionals: readonly string[]
  readonly #values: ReadonlyMap<string, string | true>

  constructor(values: ReadonlyMap<string, string | true>, positionals: readonly string[]) {
    this.#values = values
    this.positionals = positionals
  }

  /** The value of a flag; undefined where it was not given. */
  text(name: string): string | undefined {
    const value = this.#values.get(name)
    return typeof value === 'string' ? value : undefined
  }

  /** Whether a flag was given. */
  has(name: string): boolean {
    return this.#values.has(name)
  }
}

/**
 * Reads the flags of a command.
 *
 * Errors: `UsageError` for an unknown or repeated flag, a missing or needless value, and too many words.
 */
export function readFlags(argv: readonly string[], spec: FlagSpec, maxPositionals: number): Flags {
  const known: FlagSpec = { ...spec, ...COMMON_FLAGS }
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value }]) => [
        name,
        { type: value === null ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
  })
  const values = new Map<string, string | true>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { value, inlineValue } = token
    const [name, rawName] = token.rawName === '-h' ? ['help', '--help'] : [token.name, token.rawName]
    const flag = Object.hasOwn(known, name) && rawName === `--${name}` ? known[name] : undefined
    if (flag === undefined) throw unknownFlag(rawName, Object.keys(known))
    if (flag.value === null && value !== undefined) throw new UsageError(`\`${rawName}\` takes no value`)
    if (flag.value !== null && (value === undefined || (!inlineValue && value.startsWith('-'))))
      throw new UsageError(`\`${rawName}\` needs a value: \`${rawName} ${flag.value}\``)
    if (values.has(name)) throw new UsageError(`\`${rawName}\` is given more than once`)
    values.set(name, value ?? true)
  }
  if (positionals.length > maxPositionals && !values.has('help'))
    throw new UsageError(`\`${positionals[maxPositionals] ?? ''}\` is one word too many`)
  return new Flags(values, positionals)
}

function unknownFlag(rawName: string, known: readonly string[]): UsageError {
  const nearest = nearestName(rawName.replace(/^-+/, ''), known)
  return new UsageError(
    `unknown flag \`${rawName}\``,
    nearest === null ? null : `did you mean \`--${nearest}\`?`,
  )
}
