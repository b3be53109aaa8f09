import { hadoopAddressText } from '../../../src/hadoop/addresses.ts'
import { refusalCause } from '../../../src/hadoop/client-principal.ts'
import { describeSubject, type Subject } from '../../../src/hadoop/subject.ts'

/** One line of Hadoop's own security audit log. */
export interface HadoopAuditLine {
  readonly level: 'INFO' | 'WARN'
  readonly text: string
}

/** How a service was decided on, as far as Hadoop's audit log tells it apart. */
export type HadoopAuditOutcome =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'user'; readonly clientPrincipal: string | null }
  | { readonly kind: 'host'; readonly address: string }

/**
 * Writes the line that Hadoop's ServiceAuthorizationManager would log.
 *
 * Shape: `protocol` is the Java class text (`interface org…`); `clientPrincipal` is the one that is expected, null for
 * none. A refused host is logged without the user, with two blanks.
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#authorize.
 */
export function hadoopAuditLine(
  subject: Subject,
  protocol: string,
  outcome: HadoopAuditOutcome,
): HadoopAuditLine {
  const who = describeSubject(subject)
  if (outcome.kind === 'allowed')
    return { level: 'INFO', text: `Authorization successful for ${who} for protocol=${protocol}` }
  if (outcome.kind === 'user') {
    const cause = refusalCause(outcome.clientPrincipal)
    return { level: 'WARN', text: `Authorization failed for ${who} for protocol=${protocol}${cause}` }
  }
  const host = hadoopAddressText(outcome.address)
  return { level: 'WARN', text: `Authorization failed for  for protocol=${protocol} from host = ${host}` }
}
