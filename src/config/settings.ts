import { resolve } from 'node:path'
import { ConfigError, type Place, type Problem } from '../errors.ts'
import { type Component, COMPONENTS, fallsBackToNative } from '../policy/components.ts'
import { checkSettings } from './check-settings.ts'
import { componentOfKind } from './component-of-kind.ts'
import { readDefaultRealm } from './default-realm.ts'
import { Inputs } from './inputs.ts'
import { DEFAULT_CONF_DIR, type HadoopSettings, type WrittenSettings } from './schema.ts'
import type { ClientTls, ServerTls } from '../tls/material.ts'
import type { IdentitySettings, PseudoSettings, TrustedHeaderSettings } from './schema-identity.ts'
import type { ServiceSettings } from './schema-services.ts'
import type { Secret } from './secret.ts'
import { readLocatorSecret, readSecretFile } from './secret-file.ts'
import { type RangerService, readRangerService } from './ranger/service.ts'
import { TlsFiles } from './tls-files.ts'
import { readYaml, type Step, type YamlText } from './yaml-text.ts'

/** Where the settings are when nobody says otherwise. */
export const DEFAULT_SETTINGS_FILE = '/etc/keddah/keddah.yaml'

const MAX_SETTINGS_BYTES = 1_048_576

/** An authenticator with its secret read; null where it asks for a client certificate alone. */
type AuthenticatorSettings = PseudoSettings | (TrustedHeaderSettings & { readonly secret: Secret | null })

/** A service with its certificates read. `component` null: no permissions are verified there. */
export interface LoadedService extends Omit<ServiceSettings, 'component' | 'tls' | 'upstreamTls'> {
  readonly component: Component | null
  readonly tls: ServerTls | null
  readonly upstreamTls: ClientTls | null
}

/**
 * The settings of a process.
 *
 * Shape: `file` is where they were read, absolute; all paths are absolute. Units: milliseconds and bytes.
 */
export interface Settings extends Omit<
  WrittenSettings,
  'hadoop' | 'identity' | 'admin' | 'services' | 'locator'
> {
  readonly file: string
  /** File, line and column of a setting, of the nearest thing around it where it is left out. */
  placeOf(key: string): Place
  readonly hadoop: HadoopSettings & { readonly confDir: string }
  readonly identity: Omit<IdentitySettings, 'authenticators'> & {
    readonly authenticators: readonly AuthenticatorSettings[]
  }
  readonly admin: Omit<WrittenSettings['admin'], 'tls'> & { readonly tls: ServerTls | null }
  readonly services: readonly LoadedService[]
  /** Of each component that Ranger is set up for, where its policies come from. */
  readonly rangerServices: readonly RangerService[]
  /** The one that seals first; none where one is to be made at the start. */
  readonly locator: { readonly secrets: readonly Secret[]; readonly lifetime: number }
}

/**
 * Reads the settings file and the secrets it names.
 *
 * Shape: relative paths count from the folder of the file; `environment` is asked for `HADOOP_CONF_DIR` and
 * `KRB5_CONFIG`.
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
  const placeOf = (key: string, part: 'key' | 'value' = 'key'): Place => ({
    file,
    ...yaml.placeOf(stepsOf(key), part),
    key,
  })
  const problems: Problem[] = []
  const authenticators = written.identity.authenticators.map(
    (authenticator, index): AuthenticatorSettings => {
      if (authenticator.kind === 'pseudo') return authenticator
      if (authenticator.secretFile === undefined) return { ...authenticator, secret: null }
      const secretFile = absolute(authenticator.secretFile)
      const place = placeOf(`identity.authenticators[${index}].secretFile`, 'value')
      return { ...authenticator, secretFile, secret: readSecretFile(secretFile, place, inputs, problems) }
    },
  )
  const tlsFiles = new TlsFiles(inputs, absolute, (key) => placeOf(key, 'value'), problems)
  const admin = {
    ...written.admin,
    tls:
      written.admin.tls === undefined
        ? null
        : tlsFiles.server({ clientAuth: 'none', names: [], ...written.admin.tls }, 'admin.tls'),
  }
  const services = written.services.map(({ tls, upstreamTls, ...service }, index): LoadedService => {
    const at = `services[${index}]`
    return {
      ...service,
      component: service.component ?? componentOfKind(service.kind),
      tls: tls === undefined ? null : tlsFiles.server(tls, `${at}.tls`),
      upstreamTls: upstreamTls === undefined ? null : tlsFiles.client(upstreamTls, `${at}.upstreamTls`),
    }
  })
  const { secretFile, previousSecretFile, lifetime } = written.locator
  const locatorSecret = (key: string, path: string | undefined): Secret[] =>
    path === undefined
      ? []
      : [readLocatorSecret(absolute(path), placeOf(`locator.${key}`, 'value'), inputs, problems)]
  const secrets = [
    ...locatorSecret('secretFile', secretFile),
    ...locatorSecret('previousSecretFile', previousSecretFile),
  ]
  const stateDir = absolute(written.stateDir)
  const rangerServices = COMPONENTS.flatMap((component): RangerService[] => {
    const { ranger, fallback } = written.components[component] ?? {}
    if (ranger === undefined) return []
    const counts = fallback ?? (fallsBackToNative(component) ? 'native' : 'deny')
    const reading = {
      inputs,
      tlsFiles,
      problems,
      stateDir,
      maxFileBytes: written.hadoop.maxFileBytes,
      absolute,
      placeOf: (key: string): Place => placeOf(key, 'value'),
    }
    const service = readRangerService(component, ranger, counts, `components.${component}.ranger`, reading)
    return service === null ? [] : [service]
  })
  if (problems.length > 0) throw refused(file, problems)
  const defaultRealm = written.identity.defaultRealm ?? readDefaultRealm(environment, inputs)
  const fromEnvironment = environment.get('HADOOP_CONF_DIR')
  const { confDir } = written.hadoop
  const { audit } = written
  const outputOf = (path: string | null): string | null =>
    path === null || path === '-' ? path : absolute(path)
  return {
    ...written,
    file,
    placeOf: (key) => placeOf(key),
    hadoop: {
      ...written.hadoop,
      confDir: confDir === undefined ? resolve(fromEnvironment || DEFAULT_CONF_DIR) : absolute(confDir),
    },
    stateDir,
    rangerServices,
    identity: { ...written.identity, authenticators, defaultRealm },
    admin,
    services,
    locator: { secrets, lifetime },
    audit: { ...audit, file: outputOf(audit.file), rangerFile: outputOf(audit.rangerFile) },
  }
}

/** `services[0].listen` as steps into the document. */
const stepsOf = (key: string): Step[] =>
  [...key.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([word, index]) =>
    index === undefined ? word : Number(index),
  )

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
