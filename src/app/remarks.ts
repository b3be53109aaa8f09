import type { LoadedState } from '../config/state.ts'
import type { Settings } from '../config/settings.ts'
import type { Problem } from '../errors.ts'

/** As many findings are logged one by one; `policy show` and `policy lint` have all of them. */
const MAX_FINDINGS = 20

/**
 * What an operator should know about settings that open something: one sentence each.
 *
 * Shape: empty where everything is enforced and nobody is merely believed.
 */
export function warningsOf({
  settings,
  hadoop,
}: Pick<LoadedState<unknown, unknown>, 'settings' | 'hadoop'>): string[] {
  const { authenticators, anonymousUser } = settings.identity
  const warnings: string[] = []
  if (authenticators.some(({ kind }) => kind === 'pseudo'))
    warnings.push('`user.name` is believed: anybody can be anybody (`identity.authenticators`: `pseudo`)')
  if (authenticators.length === 0 && anonymousUser === null)
    warnings.push('there is no authenticator: every request that needs a user is answered with 401')
  for (const { name, enforcement } of settings.services)
    if (enforcement === 'observe')
      warnings.push(`service \`${name}\` only observes: what would be refused is forwarded`)
  if (!hadoop.policy.authorizationOn)
    warnings.push(
      'authorization is off: `hadoop.security.authorization` is not true, and the settings say `authorization: asHadoop`',
    )
  return warnings
}

/** Findings as log lines show them: where, what and what to do, the last line saying how many are left out. */
export function findingLines(findings: readonly Problem[]): { fields: object; message: string }[] {
  const lines = findings.slice(0, MAX_FINDINGS).map(({ file, line, column, key, code, message, hint }) => ({
    fields: { file, line, column, key, code, hint },
    message,
  }))
  const left = findings.length - lines.length
  if (left > 0)
    lines.push({ fields: {} as never, message: `and ${left} more findings: see \`keddah policy lint\`` })
  return lines
}

type Read = (settings: Settings) => unknown

/** What is taken up at the start alone. */
const AT_START: readonly (readonly [key: string, read: Read])[] = [
  ['admin.listen', ({ admin }) => `${admin.listen.host}:${admin.listen.port}`],
  ['stateDir', ({ stateDir }) => stateDir],
  ['audit.file', ({ audit }) => audit.file],
  ['audit.allows', ({ audit }) => audit.allows],
  ['audit.bufferLines', ({ audit }) => audit.bufferLines],
  ['log.level', ({ log }) => log.level],
]

/** The settings that differ and count only after a restart. */
export function restartKeys(now: Settings, before: Settings): string[] {
  return AT_START.flatMap(([key, read]) => (read(now) === read(before) ? [] : [key]))
}
