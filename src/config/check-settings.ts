import type * as z from 'zod'
import type { Problem } from '../errors.ts'
import { crossCheck } from './cross-check.ts'
import { member } from './document.ts'
import { nearestName } from '../policy/nearest-name.ts'
import { keysAt } from './known-keys.ts'
import { settingsSchema, type WrittenSettings } from './schema.ts'
import type { Step, YamlText } from './yaml-text.ts'

/** One thing wrong with the settings, before its place is looked up. */
export interface Flaw {
  readonly path: readonly Step[]
  readonly part: 'key' | 'value'
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** The settings, or everything that is wrong with them. */
export type Checked =
  | { readonly settings: WrittenSettings; readonly problems: readonly [] }
  | { readonly settings: null; readonly problems: readonly Problem[] }

/** Checks a document against the schema, and what a schema cannot say: names and addresses that clash, and the like. */
export function checkSettings(yaml: YamlText, file: string): Checked {
  const result = settingsSchema.safeParse(yaml.value)
  const flaws = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => flawsOf(issue, yaml.value))),
    ...crossCheck(yaml.value),
  ]
  if (result.success && flaws.length === 0) return { settings: result.data, problems: [] }
  const problems = flaws.map(({ path, part, code, message, hint }): Problem => {
    const place = yaml.placeOf(path, part)
    return { file, ...place, key: keyText(path), severity: 'error', code, message, hint }
  })
  return { settings: null, problems }
}

/** `services[0].listen`; null for the document as a whole. */
function keyText(path: readonly Step[]): string | null {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return text === '' ? null : text.replace(/^\./, '')
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'has to be a map of settings',
  array: 'has to be a list',
  string: 'has to be a text',
  record: 'has to be a map',
}

function flawsOf(issue: z.core.$ZodIssue, document: unknown): Flaw[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key))
  const shown = keyText(path)
  const subject = shown === null ? 'the file' : `\`${shown}\``
  const isOwnWords = !issue.message.startsWith('Invalid')
  const phrase = (!isOwnWords && issue.code === 'invalid_type' && TYPES[issue.expected]) || issue.message
  if (valueAt(document, path) === undefined)
    return [
      { path, part: 'key', code: 'missing_key', message: `${subject} is missing`, hint: `it ${phrase}` },
    ]
  const hint = nearestWord(issue, valueAt(document, path))
  return [{ path, part: 'value', code: 'bad_value', message: `${subject} ${phrase}`, hint }]
}

/** Which of the words that may stand there was most likely meant. */
function nearestWord(issue: z.core.$ZodIssue, written: unknown): string | null {
  if (issue.code !== 'invalid_value' || typeof written !== 'string') return null
  const words = issue.values.filter((word) => typeof word === 'string')
  const nearest = nearestName(written, words)
  return nearest === null ? null : `did you mean \`${nearest}\`?`
}

function valueAt(document: unknown, path: readonly Step[]): unknown {
  let value = document
  for (const step of path) value = member(value, step)
  return value
}

const SECRET = /secret|password|passwd|passphrase|token|credential|private/i

function unknownKey(path: readonly Step[], key: string): Flaw {
  const whole = [...path, key]
  const known = keysAt(path)
  const flaw = { path: whole, part: 'key' as const }
  const message = `unknown key \`${keyText(whole) ?? ''}\``
  if (SECRET.test(key) && !known.includes(key)) {
    const files = known.filter((name) => name.endsWith('File') && SECRET.test(name))
    const instead = known.includes('sha256')
      ? 'give `sha256`, the SHA-256 of the token'
      : files.length > 0
        ? `name a file with \`${files[0]}\``
        : 'keep it in a file of its own'
    return {
      ...flaw,
      code: 'inline_secret',
      message: `${message}: secrets do not stand in the settings`,
      hint: instead,
    }
  }
  const nearest = nearestName(key, known)
  const list = known.map((name) => `\`${name}\``).join(', ')
  const hint = nearest === null ? `known here: ${list}` : `did you mean \`${nearest}\`?`
  return { ...flaw, code: 'unknown_key', message, hint }
}
