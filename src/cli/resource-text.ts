import type { ExplainedAsk, ResourceExplained } from '../decision/explain-resources.ts'

const DECIDERS = {
  ranger: "Ranger's policies",
  role: 'the role model',
  mode: 'nothing: there is neither Ranger nor a role, so that everything is refused',
  none: 'nobody is asked',
} as const

const ENFORCERS = {
  'ranger-acl': "Ranger's policies",
  role: 'the role model',
  native: 'the component itself',
} as const

/** What permission verification makes of a request, as people read it: each thing asked, and each policy about it. */
export function resourceText(explained: ResourceExplained): string {
  const { component, mode, decider, decided, action, isUnknown, asks, moreAsks } = explained
  const head = `resources of ${component} (${mode} mode): ${DECIDERS[decider]}${sourceText(explained)}\n`
  const operation =
    action === '' ? '' : `  operation  ${shown(action)}${isUnknown ? ', of which not all is known' : ''}\n`
  const won =
    decided === null
      ? ''
      : `  decided by ${ENFORCERS[decided.enforcer]}${policyText(decided)}${reasonText(decided.reason)}\n`
  const none = asks.length === 0 && !isUnknown ? '  it concerns no resource\n' : ''
  const more = moreAsks > 0 ? `  and ${moreAsks} more things that are asked\n` : ''
  return head + operation + none + asks.map(askText).join('') + more + won
}

function sourceText({ decider, serviceName, source, version }: ResourceExplained): string {
  if (decider !== 'ranger') return ''
  const what = version === null ? 'none have come' : version < 0 ? 'of no version' : `version ${version}`
  const from = source === null || source === '' ? '' : `, from ${shown(source)}`
  return `, service ${shown(serviceName ?? '')}, ${what}${from}`
}

function askText(ask: ExplainedAsk): string {
  const { accessTypes, needs, answer, roles, candidates, moreCandidates, reason } = ask
  const resource = Object.entries(ask.resource).map(([name, value]) => `${name} ${shown(value)}`)
  const need = needs === 'no_deny' ? ' (only must not be denied)' : ''
  const first = `  ${answer.padEnd(9)}  ${accessTypes.join(' and ')} on ${resource.join(', ')}${need}${policyText(ask)}${reasonText(reason)}\n`
  const granted = roles.length > 0 ? `    role       ${roles.map(shown).join(', ')}\n` : ''
  const rest = moreCandidates > 0 ? `    and ${moreCandidates} more policies about it, which say less\n` : ''
  return first + granted + candidates.map(candidateText).join('') + rest
}

function candidateText({
  policyId,
  policyName,
  priority,
  accessType,
  says,
  item,
  why,
  resource,
}: ExplainedAsk['candidates'][number]): string {
  const rank = priority > 0 ? ', override' : priority < 0 ? `, priority ${priority}` : ''
  const place = item === null ? '' : `, ${item}`
  return `    ${says.padEnd(7)}  ${accessType}: policy ${policyId} ${shown(policyName)} (${shown(resource)}${rank}${place}): ${why}\n`
}

function policyText({
  policyId,
  policyName,
  policyVersion,
}: Pick<ExplainedAsk, 'policyId' | 'policyName' | 'policyVersion'>): string {
  if (policyId === null) return ''
  const version = policyVersion === null ? '' : ` v${policyVersion}`
  return `: policy ${policyId} ${shown(policyName ?? '')}${version}`
}

const reasonText = (reason: string): string => (reason === '' ? '' : ` (${reason})`)

const MOST_SHOWN = 200

/** What others have written, in quotes where it is more than a plain name. */
function shown(text: string): string {
  const short = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
  return /^[\w./*:@{}=-]+$/.test(short) ? short : JSON.stringify(short)
}
