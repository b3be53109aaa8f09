import { anyChildOf, type SchemaNode, settingsJsonSchema } from './known-keys.ts'

/**
 * One setting.
 *
 * Shape: `key` is the path with dots, `[]` for the items of a list, `<name>` for a name that anybody may choose, and the
 * kind in brackets where it exists for one kind alone; `type` and `fallback` are words for people; `fallback` is `required`, empty where leaving the setting
 * out has a meaning of its own, else the default as YAML.
 */
export interface SettingReference {
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly description: string
}

/** Every setting, in the order of the schema. Sections that are always there are left out. */
export function settingsReference(): SettingReference[] {
  return rowsOf(settingsJsonSchema(), '')
}

function rowsOf(map: SchemaNode, prefix: string): SettingReference[] {
  return Object.entries(map.properties ?? {}).flatMap(([name, node]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`
    const isRequired = node.default === undefined && map.required?.includes(name) === true
    const row: SettingReference = {
      key,
      type: typeOf(node),
      fallback: isRequired ? 'required' : defaultOf(node),
      description: node.description ?? '',
    }
    if (node.properties !== undefined) {
      const isOptional = node.default === undefined && !isRequired
      return isOptional ? [row, ...rowsOf(node, key)] : rowsOf(node, key)
    }
    const any = anyChildOf(node)
    if (any?.properties !== undefined) return [row, ...rowsOf(any, `${key}.<name>`)]
    if (node.oneOf !== undefined)
      return [row, ...node.oneOf.flatMap((kind) => rowsOf(kind, `${key}[${kind.title ?? ''}]`))]
    const { items } = node
    if (items?.properties !== undefined) return [row, ...rowsOf(items, `${key}[]`)]
    const kinds = items?.oneOf ?? []
    return [row, ...kinds.flatMap((kind) => rowsOf(kind, `${key}[${kind.title ?? ''}]`))]
  })
}

const defaultOf = ({ default: value }: SchemaNode): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

function typeOf(node: SchemaNode): string {
  if (node.title !== undefined) return node.title
  if (node.const !== undefined) return `\`${node.const}\``
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(', ')
  if (node.properties !== undefined) return 'section'
  if (node.items === undefined) return node.type ?? ''
  const { items } = node
  if (items.properties !== undefined || items.oneOf !== undefined) return 'list'
  return `list of ${typeOf(items)}`
}

/** The table of `docs/configuration.md`. */
export function settingsTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = settingsReference().map(({ key, type, fallback, description }) => {
    const shown = fallback === '' || fallback === 'required' ? fallback : `\`${fallback}\``
    return `| \`${key}\` | ${cell(type)} | ${cell(shown)} | ${cell(description)} |`
  })
  return ['| setting | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}
