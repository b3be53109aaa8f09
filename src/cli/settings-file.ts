import { DEFAULT_SETTINGS_FILE } from '../config/settings.ts'
import type { Flags, FlagSpec } from './flags.ts'

/** The flag that names the settings file. */
export const CONFIG_FLAG: FlagSpec = {
  config: { value: 'FILE', help: `settings file (default ${DEFAULT_SETTINGS_FILE})` },
}

/** The settings file that was asked for, or the default one. */
export function settingsFile(flags: Flags): string {
  return flags.text('config') ?? DEFAULT_SETTINGS_FILE
}
