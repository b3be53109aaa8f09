import type { ResourceAsk } from '../ranger/ask.ts'
import type { Verification } from './verification.ts'

/**
 * What a caller is told that may not do something.
 *
 * Shape: `ask` null: nothing is known about what was asked for.
 * Source: org.apache.hadoop.hdfs.server.namenode.FSPermissionChecker,
 * org.apache.hadoop.yarn.server.resourcemanager.RMAppManager.
 */
export function deniedText(verification: Verification, ask: ResourceAsk | null): string {
  if (ask === null) return unknownText(verification)
  const { subject, access } = verification
  const { user } = subject
  const resource = [...ask.resource.values()].join('/')
  if (access.component === 'HDFS')
    return `Permission denied: user=${user}, access=${ask.shown}, inode="${resource}"`
  if (access.component === 'Yarn' && ask.shown === 'SUBMIT_APP')
    return `User ${user} does not have permission to submit to queue ${resource}`
  return `Permission denied: user=${user}, access=${ask.shown}, resource=${resource}`
}

/** The same where it is not known what an operation does to which resource. */
export function unknownText({ subject, access }: Verification): string {
  const queue = access.component === 'Yarn' ? access.resources?.asks.at(-1)?.resource.get('queue') : undefined
  // Whoever has submitted it can help himself, and nobody else knows what was meant.
  if (queue !== undefined)
    return `User ${subject.user} does not have permission to submit to queue ${queue}: name it in full, from \`root\` on`
  return `Permission denied: user=${subject.user}, operation=${access.resources?.action ?? ''}`
}

/** The same where nothing decides about a component. */
export function withoutRulesText({ subject, access }: Verification): string {
  return `Permission denied: user=${subject.user}, component=${access.component}`
}
