type Fields = Readonly<Record<string, unknown>>

const HEAD = ['Service', 'Permission Verification', 'Enabling and Disabling', 'Ranger', 'Decided by']

const DECIDERS: ReadonlyMap<unknown, string> = new Map([
  ['ranger', 'Ranger'],
  ['role', 'role model'],
  ['mode', 'nobody: everything is refused, there are no roles'],
  ['none', 'not verified'],
  ['off', 'off'],
])

/**
 * How each component is verified, as a table in the words of the product. It may be of an instance of another version: it
 * is shown as far as it is understood.
 */
export function permissionsText(report: Fields): string {
  const { mode, generation, components } = report
  const rows = Array.isArray(components) ? components.filter(isFields).map(cellsOf) : []
  const head =
    typeof mode === 'string'
      ? `${mode} mode, generation ${String(generation)}`
      : 'permission verification is off: the settings have no `mode`'
  const widths = HEAD.map((_, column) =>
    Math.max(...[HEAD, ...rows].map((row) => (row[column] ?? '').length)),
  )
  const lines = [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${head}\n\n${lines.join('\n')}\n`
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function cellsOf({ component, verification, supported, ranger, decider }: Fields): string[] {
  const isOff = decider === 'off'
  return [
    String(component),
    isOff ? 'off' : verification === 'required' ? 'Required' : 'Not required',
    isOff ? '' : supported === true ? 'Supported' : 'Not supported',
    isOff ? '' : isFields(ranger) ? rangerText(ranger) : 'unknown',
    DECIDERS.get(decider) ?? String(decider),
  ]
}

function rangerText({ supported, enabled, serviceName, version }: Fields): string {
  if (supported !== true) return 'Not supported'
  if (enabled !== true) return 'disabled'
  if (typeof serviceName !== 'string') return 'enabled, no source'
  return `enabled, ${serviceName} ${typeof version === 'number' ? `v${version}` : 'without policies'}`
}
