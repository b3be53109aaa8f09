import type { Problem } from '../errors.ts'

const NOT_LOADED = 'nothing: Hadoop does not load the policy, and the old one stays in force'
const OPEN = 'everybody, for every service: Hadoop takes the file for one without properties'

const UNDERSTOOD: ReadonlyMap<string, string> = new Map([
  ['bad_range', NOT_LOADED],
  ['expansion', NOT_LOADED],
  ['malformed', NOT_LOADED],
  ['encoding', NOT_LOADED],
  ['too_deep', 'what it says: Hadoop has no limit here'],
  ['wrong_root', OPEN],
  ['empty_policy', OPEN],
  ['doctype', 'the file with its entities expanded; Keddah does not load it'],
  ['include', 'the file with the other one in it, wherever that stands; Keddah does not load it (D-10)'],
  ['site_key', 'the key counts for the daemons that read this file'],
  ['stale_host', 'the address that the name has when the list is read; none, if it has none'],
  [
    'auth_to_local',
    'nothing, where the rule is malformed: no daemon starts; what Keddah alone refuses counts (D-16)',
  ],
  ['authentication_method', 'nothing: no daemon starts with it'],
  ['group_provider', 'the class, where Hadoop finds one of this name'],
  ['static_groups', 'nothing: Hadoop refuses the whole mapping'],
  ['bad_number', 'nothing: Hadoop refuses the number'],
  ['bad_time', 'nothing: Hadoop refuses the time'],
  ['user_pattern', 'the expression as Java reads it; nothing, where it is malformed'],
  ['unresolved_host', 'nothing: the entry is left out'],
])

/** What Hadoop makes of a problem that the load found; null where it says nothing about Hadoop. */
export function understoodOfProblem({ code, key, severity }: Problem): string | null {
  if (code === 'file_missing' && severity === 'warning')
    return 'nothing: Hadoop passes over a file that does not exist'
  if (code === 'file_missing' && key === 'hadoop.policyFile')
    return 'everybody, for every service: Hadoop passes over a file that does not exist'
  return UNDERSTOOD.get(code) ?? null
}
