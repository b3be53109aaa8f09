import { resolve } from 'node:path'
import { ConfigError, type Place, type Problem } from '../errors.ts'
import { checkSettings } from './check-settings.ts'
import { Inputs } from './inputs.ts'
import { DEFAULT_CONF_DIR, type HadoopSettings, type WrittenSettings } from './schema.ts'
import type { IdentitySettings, PseudoSettings, TrustedHeaderSettings } from './schema-identity.ts'
import { Secret } from './secret.ts'
import { readYaml, type Step, type YamlText } from './yaml-text.ts'

/** Where the settings are when nobody says otherwise. */
export const DEFAULT_SETTINGS_FILE = '/etc/keddah/keddah.yaml'

const MAX_SETTINGS_BYTES = 1_048_576
const MAX_SECRET_BYTES = 65_536
const OTHERS_MAY = 0o077

/** An authenticator with its secret read. */
type AuthenticatorSettings = PseudoSettings | (TrustedHeaderSettings & { readonly secret: Secret })

/**
 * The settings of a process.
 *
 * Shape: `file` is where they were read, absolute; all paths are absolute. Units: milliseconds and bytes.
 */
export interface Settings extends Omit<WrittenSettings, 'hadoop' | 'identity'> {
  readonly file: string
  /** File, line and column of a setting, of the nearest thing around it where it is left out. */
  placeOf(key: string): Place
  readonly hadoop: HadoopSettings & { readonly confDir: string }
  readonly identity: Omit<IdentitySettings, 'authenticators'> & {
    readonly authenticators: readonly AuthenticatorSettings[]
  }
}

/**
 * Reads the settings file and the secrets it names.
 *
 * Shape: relative paths count from the folder of the file; `environment` is asked for `HADOOP_CONF_DIR`.
 * Errors: `ERR_CONFIG_READ` where the file cannot be read; `ERR_CONFIG_SETTINGS` with every problem: malformed YAML,
 * unknown and repeated keys, wrong types, clashing names and addresses, secrets that others may read.
 */
export function loadSettings(file: string, environment: ReadonlyMap<string, string> = new Map()): Settings {
  return readSettings(file, environment, new Inputs())
}

/** The same, remembering in `inputs` what was read. */
export function readSettings(
  file: string,
  environment: ReadonlyMap<string, string>,
  inputs: Inputs,
): Settings {
  const path = resolve(file)
  const yaml = readYaml(decode(inputs.read(path, MAX_SETTINGS_BYTES).bytes, path), path)
  if (yaml.value === null && yaml.problems.length === 0) throw refused(path, [emptyFile(path)])
  const checked = yaml.value === undefined ? { settings: null, problems: [] } : checkSettings(yaml, path)
  const problems = [...yaml.problems, ...checked.problems]
  if (checked.settings === null || problems.length > 0) throw refused(path, problems)
  return resolved(checked.settings, path, environment, yaml, inputs)
}

function resolved(
  written: WrittenSettings,
  file: string,
  environment: ReadonlyMap<string, string>,
  yaml: YamlText,
  inputs: Inputs,
): Settings {
  const absolute = (path: string): string => resolve(file, '..', path)
  const problems: Problem[] = []
  const authenticators = written.identity.authenticators.map(
    (authenticator, index): AuthenticatorSettings => {
      if (authenticator.kind === 'pseudo') return authenticator
      const secretFile = absolute(authenticator.secretFile)
      const steps = ['identity', 'authenticators', index, 'secretFile']
      const place = { file, ...yaml.placeOf(steps), key: `identity.authenticators[${index}].secretFile` }
      return { ...authenticator, secretFile, secret: readSecret(secretFile, place, inputs, problems) }
    },
  )
  if (problems.length > 0) throw refused(file, problems)
  const fromEnvironment = environment.get('HADOOP_CONF_DIR')
  const { confDir } = written.hadoop
  const { audit } = written
  return {
    ...written,
    file,
    placeOf: (key) => ({ file, ...yaml.placeOf(stepsOf(key), 'key'), key }),
    hadoop: {
      ...written.hadoop,
      confDir: confDir === undefined ? resolve(fromEnvironment || DEFAULT_CONF_DIR) : absolute(confDir),
    },
    stateDir: absolute(written.stateDir),
    identity: { ...written.identity, authenticators },
    audit: { ...audit, file: audit.file === null || audit.file === '-' ? audit.file : absolute(audit.file) },
  }
}

/** `services[0].listen` as steps into the document. */
const stepsOf = (key: string): Step[] =>
  [...key.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([word, index]) =>
    index === undefined ? word : Number(index),
  )

/** A secret counts only where nobody but its owner may read or change it, and the owner is this user or root. */
function readSecret(secretFile: string, place: Place, inputs: Inputs, problems: Problem[]): Secret {
  const refuse = (code: string, message: string, hint: string | null): Secret => {
    problems.push({ ...place, severity: 'error', code, message, hint })
    return new Secret(new Uint8Array())
  }
  try {
    const { bytes, mode, uid } = inputs.read(secretFile, MAX_SECRET_BYTES)
    const shown = `the secret file \`${secretFile}\``
    if ((mode & OTHERS_MAY) !== 0)
      return refuse(
        'secret_mode',
        `${shown} may be used by others than its owner`,
        `chmod 0600 ${secretFile}`,
      )
    if (uid !== 0 && uid !== process.geteuid?.())
      return refuse(
        'secret_owner',
        `${shown} belongs to another user`,
        'let it belong to the user of this process',
      )
    if (bytes.toString('latin1').trim() === '')
      return refuse('secret_empty', `${shown} is empty`, 'write the secret into it')
    return new Secret(bytes)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return refuse(
      error.problems[0]?.code ?? 'file_unreadable',
      error.message,
      error.problems[0]?.hint ?? null,
    )
  }
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const message = 'the file is not UTF-8'
    const problem = {
      file,
      line: null,
      column: null,
      key: null,
      severity: 'error' as const,
      code: 'not_utf8',
      message,
      hint: 'save it as UTF-8',
    }
    throw new ConfigError('ERR_CONFIG_SETTINGS', `\`${file}\`: ${message}`, { problems: [problem], cause })
  }
}

const emptyFile = (file: string): Problem => ({
  file,
  line: 1,
  column: 1,
  key: null,
  severity: 'error',
  code: 'empty_file',
  message: 'the file has no settings',
  hint: 'name at least `services`',
})

function refused(file: string, found: readonly Problem[]): ConfigError {
  const problems = [...found].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
  const [first] = problems
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  const place = first?.line === null || first === undefined ? file : `${file}:${first.line}:${first.column}`
  return new ConfigError('ERR_CONFIG_SETTINGS', `${place}: ${first?.message ?? 'cannot be read'}${more}`, {
    problems,
  })
}
