import { dirname, join } from 'node:path'
import { ConfigError, type Problem } from '../errors.ts'
import { Configuration, type ConfigurationResource, parseConfigurationXml } from '../hadoop/configuration.ts'
import type { Parity } from '../policy/divergences.ts'
import { type Collected, fileProblem } from './collect.ts'
import { decodeXml } from './decode-xml.ts'
import type { Inputs } from './inputs.ts'
import type { Settings } from './settings.ts'

/** A file of Hadoop's, and when it was last changed, in milliseconds since the epoch; null where there is none. */
export interface HadoopFile {
  readonly file: string
  readonly timeMs: number | null
}

/**
 * Hadoop's files, read and laid over each other.
 *
 * Shape: `policyKeys` are the keys that stand in the policy file; `broken` are the files that could not be read and are
 * missing from all the rest.
 */
export interface HadoopFiles {
  readonly broken: { readonly policy: boolean; readonly site: boolean }
  readonly files: readonly HadoopFile[]
  readonly resources: readonly ConfigurationResource[]
  readonly configuration: Configuration
  readonly policyKeys: ReadonlySet<string>
  readonly findings: readonly Problem[]
}

/** The daemons read core-site.xml and the site file of their own; the policy file comes last. */
const SITE_FILES = ['core-site.xml', 'hdfs-site.xml', 'yarn-site.xml', 'mapred-site.xml'] as const
const EVERY_DAEMON = 'core-site.xml'
const DECIDES = /^security\..*\.(?:acl|hosts)(?:\.blocked)?$|^hadoop\.proxyuser\./

/** The names of the files that are read from `confDir`, in order; `xi:include` may add others. */
export const fileNamesOf = ({ policyFile }: Settings['hadoop']): readonly string[] => [
  ...SITE_FILES,
  policyFile,
]

/**
 * Reads core-site.xml, the site files and the policy file, in this order.
 *
 * Shape: site files may be missing; that is a finding for core-site.xml alone. A policy file that is missing, empty
 * or has another root than `configuration` is refused, unless D-1 is switched to Hadoop's way.
 * Errors: none; `ERR_CONFIG_READ` and `ERR_POLICY_XML` of each file are kept in `collected`, so that the other files
 * can be looked at all the same.
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#refresh. Divergences D-1, D-10.
 */
export function readHadoopFiles(
  { confDir, policyFile, maxFileBytes, xinclude }: Settings['hadoop'],
  parity: Parity,
  environment: ReadonlyMap<string, string>,
  inputs: Inputs,
  collected: Collected,
): HadoopFiles {
  const reader = new Reader(maxFileBytes, xinclude, parity.has('D-1'), inputs)
  const sites = SITE_FILES.map((name) =>
    collected.try(() => reader.readSite(join(confDir, name), name === EVERY_DAEMON)),
  )
  const policy = collected.try(() => reader.readPolicy(join(confDir, policyFile)))
  const { files, resources, findings } = reader
  return {
    broken: { policy: policy === undefined, site: sites.includes(undefined) },
    files,
    resources,
    configuration: Configuration.of(resources, environment),
    policyKeys: new Set([...(policy?.entries ?? []), ...(policy?.unset ?? [])].map(({ key }) => key)),
    findings,
  }
}

class Reader {
  readonly files: HadoopFile[] = []
  readonly resources: ConfigurationResource[] = []
  readonly findings: Problem[] = []
  readonly #maxBytes: number
  readonly #xinclude: boolean
  readonly #lenient: boolean
  readonly #inputs: Inputs

  constructor(maxBytes: number, xinclude: boolean, lenient: boolean, inputs: Inputs) {
    this.#maxBytes = maxBytes
    this.#xinclude = xinclude
    this.#lenient = lenient
    this.#inputs = inputs
  }

  readSite(file: string, isCore: boolean): ConfigurationResource | null {
    const input = this.#inputs.readOptional(file, this.#maxBytes, 'hadoop.confDir')
    this.files.push({ file, timeMs: input?.timeMs ?? null })
    if (input !== null) {
      const resource = this.#parse(file, decodeXml(input.bytes, file))
      if (!isCore) this.#warnOfScope(resource)
      return resource
    }
    if (isCore) {
      const message = `\`${file}\` does not exist: no proxy users, no group mapping, no name rules`
      this.findings.push(fileProblem(file, 'warning', 'file_missing', message, 'check `hadoop.confDir`'))
    }
    return null
  }

  readPolicy(file: string): ConfigurationResource | null {
    const missing = this.#lenient ? this.#inputs.readOptional(file, this.#maxBytes) : undefined
    const input =
      missing === undefined ? this.#inputs.read(file, this.#maxBytes, 'hadoop.policyFile') : missing
    this.files.push({ file, timeMs: input?.timeMs ?? null })
    const text = input === null ? '' : decodeXml(input.bytes, file)
    if (text.trim() === '') return this.#emptyPolicy(file, input === null ? 'does not exist' : 'is empty')
    const resource = this.#parse(file, text)
    if (resource.entries.length === 0 && resource.unset.length === 0)
      this.#emptyPolicy(file, 'has no properties')
    return resource
  }

  #emptyPolicy(file: string, what: string): null {
    const message = `\`${file}\` ${what}: every service would be open to everybody`
    const hint = "put the policy back; `parity: [D-1]` is Hadoop's way"
    const severity = this.#lenient ? 'warning' : 'error'
    const problem = fileProblem(file, severity, 'empty_policy', message, hint)
    if (!this.#lenient) throw new ConfigError('ERR_POLICY_XML', message, { problems: [problem] })
    this.findings.push(problem)
    return null
  }

  #parse(file: string, text: string): ConfigurationResource {
    const include = (href: string, from: string): string | null => {
      const path = join(dirname(from), href)
      const input = this.#inputs.readOptional(path, this.#maxBytes, 'hadoop.xinclude')
      return input === null ? null : decodeXml(input.bytes, path)
    }
    const resource = parseConfigurationXml(text, file, {
      anyRoot: this.#lenient,
      ...(this.#xinclude ? { include } : {}),
    })
    this.resources.push(resource)
    return resource
  }

  /** Every service is decided by one configuration here; in a cluster only some daemons read such a file. */
  #warnOfScope({ entries }: ConfigurationResource): void {
    for (const { file, line, column, key } of entries) {
      if (!DECIDES.test(key)) continue
      const message = `\`${key}\` counts for every service here; in Hadoop only for the daemons that read this file`
      const hint = 'move it to core-site.xml or the policy file'
      this.findings.push({ file, line, column, key, severity: 'warning', code: 'site_key', message, hint })
    }
  }
}
