import { loadApp, type State } from '../app.ts'
import { warningsOf } from '../app/remarks.ts'
import { checkWritable } from '../app/writable.ts'
import { DEFAULT_SETTINGS_FILE } from '../config/settings.ts'
import { ConfigError } from '../errors.ts'
import { type Command, EXIT, UsageError } from './command.ts'
import { configErrorJson, configErrorText, problemText, writeJson } from './report.ts'
import { CONFIG_FLAG } from './settings-file.ts'

/** `keddah config check`: as `nginx -t`. */
export const configCheck: Command = {
  words: ['config', 'check'],
  summary: 'say whether a start would be refused, and why',
  usage: '[FILE]',
  about: `
Loads the settings and Hadoop's files as a start does, looks whether this user may write to stateDir and the audit files,
and prints every problem with file, line and column. Opens no port and writes nothing. Exits with 0 where a start
would do, with 78 where it would be refused.`,
  flags: CONFIG_FLAG,
  maxPositionals: 1,
  examples: ['keddah config check', 'keddah config check ./keddah.yaml'],
  refused: 'a start would be refused',
  async run(flags, io) {
    const [named] = flags.positionals
    if (named !== undefined && flags.has('config')) throw new UsageError('give the file once')
    const settingsFile = named ?? flags.text('config') ?? DEFAULT_SETTINGS_FILE
    try {
      const state = (await loadApp({ settingsFile, environment: io.environment })).current()
      checkWritable(state.settings)
      if (flags.has('json')) await writeJson(io, reportOf(state))
      else await io.stdout.write(textOf(state))
      return EXIT.done
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      if (flags.has('json')) await writeJson(io, { ok: false, ...configErrorJson(error) })
      else await io.stderr.write(configErrorText(error, this.refused))
      return EXIT.badConfiguration
    }
  },
}

function reportOf(state: State): object {
  const { settings, services, hadoop, revision } = state
  return {
    ok: true,
    file: settings.file,
    revision,
    services: services.map(({ name, kind, listen, upstreams, enforcement }) => ({
      name,
      kind,
      listen: addressText(listen),
      upstreams,
      enforcement,
    })),
    warnings: warningsOf(state),
    findings: hadoop.policy.findings,
  }
}

function textOf(state: State): string {
  const { settings, services, hadoop, revision } = state
  const width = Math.max(...services.map(({ name }) => name.length))
  const lines = services.map(
    ({ name, listen, upstreams }) =>
      `  ${name.padEnd(width)}  ${addressText(listen)} -> ${upstreams.join(', ')}\n`,
  )
  const warnings = warningsOf(state).map((warning) => `${settings.file}: warning: ${warning}\n`)
  const findings = hadoop.policy.findings.map(problemText)
  return `${warnings.join('')}${findings.join('')}${settings.file}: good, policy revision ${revision}\n${lines.join('')}`
}

const addressText = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
