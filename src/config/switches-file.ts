import { existsSync } from 'node:fs'
import * as z from 'zod'
import { ConfigError, type Problem } from '../errors.ts'
import {
  type Component,
  COMPONENTS,
  componentNamed,
  isSwitchable,
  mayHaveRanger,
  type Mode,
} from '../policy/components.ts'
import { NO_SWITCHES, type Switches } from '../policy/switches.ts'
import { Inputs } from './inputs.ts'

/** Name of the file in the state folder with what operators have switched. */
export const SWITCHES_FILE = 'permissions.json'

const MAX_BYTES = 1_048_576

const ofComponents = z.partialRecord(
  z.enum(COMPONENTS),
  z.strictObject({
    verification: z.enum(['required', 'notRequired']).optional(),
    ranger: z.boolean().optional(),
  }),
)

const schema: z.ZodType<Switches> = z.strictObject({
  generation: z.int().min(0),
  modes: z.strictObject({ security: ofComponents, normal: ofComponents }),
})

/**
 * Reads what operators have switched; nothing where there is no file.
 *
 * Errors: `ERR_CONFIG_STATE` where the file is torn, or is not one of ours, or switches what cannot be switched;
 * `ERR_CONFIG_READ` where it cannot be read. Nobody may guess then what was switched.
 */
export function readSwitches(file: string): Switches {
  if (!existsSync(file)) return NO_SWITCHES
  const read = schema.safeParse(jsonOf(new Inputs().read(file, MAX_BYTES).bytes, file))
  if (!read.success) {
    const [issue] = read.error.issues
    throw unusable(file, issue?.path.join('.') || null, issue?.message ?? 'it is not one of ours')
  }
  for (const mode of ['security', 'normal'] as const) checkMode(file, mode, read.data)
  return read.data
}

/** The text that is read again. */
export const switchesText = (switches: Switches): string => `${JSON.stringify(switches, null, 2)}\n`

function jsonOf(bytes: Buffer, file: string): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return value
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error
    throw unusable(file, null, bytes.length === 0 ? 'it is empty' : 'it is not JSON')
  }
}

function checkMode(file: string, mode: Mode, { modes }: Switches): void {
  for (const [name, { verification, ranger }] of Object.entries(modes[mode])) {
    const component: Component | null = componentNamed(name)
    if (component === null) continue
    const key = `modes.${mode}.${name}`
    if (verification !== undefined && !isSwitchable(component, mode))
      throw unusable(file, `${key}.verification`, `Not supported for ${name} in ${mode} mode`)
    if (ranger !== undefined && !mayHaveRanger(component, mode))
      throw unusable(file, `${key}.ranger`, `Not supported for ${name} in ${mode} mode`)
  }
}

function unusable(file: string, key: string | null, why: string): ConfigError {
  const message = `\`${file}\`, which keeps what was switched of permission verification, cannot be used: ${why}`
  const hint =
    'put a copy of it back; or remove it, and the settings alone count: then switch again what `keddah perm` and `keddah ranger` had switched'
  const place = { file, line: null, column: null, key }
  const problem: Problem = { ...place, severity: 'error', code: 'state_file', message, hint }
  return new ConfigError('ERR_CONFIG_STATE', message, { problems: [problem] })
}
