import type { Problem } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import type { HadoopFiles } from './hadoop-files.ts'

/**
 * Which of the problems that are found without the broken files cannot come from their absence, so that they are told
 * in the same breath.
 *
 * Shape: not those of what is not set, nor of values whose `${…}` found nothing, nor of settings that lean on the site
 * files (addresses of upstreams; the pattern and the rules for user names), where one of these is broken.
 */
export function sureWithout(
  broken: HadoopFiles['broken'],
  configuration: Configuration,
): (problem: Problem) => boolean {
  if (!broken.policy && !broken.site) return () => true
  return ({ line, key, code }) => {
    if (line === null) return false
    if (broken.site && (code === 'no_upstream' || key === 'identity.anonymousUser')) return false
    // A chain of references that is too long does not become shorter by another file.
    return code === 'expansion' || key === null || !configuration.entry(key)?.value.includes('${')
  }
}
