import { execFile } from 'node:child_process'
import { UnavailableError } from '../../errors.ts'
import type { GroupProvider } from './provider.ts'

/** A fixed search path and locale: what `id` prints must not depend on who started the process. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
const MAX_OUTPUT = 4 * 1024 * 1024

/** GNU, busybox and BSD wordings; another errno behind it means that the user database could not be asked. */
const UNKNOWN_USER = /no such user(?:: No such (?:file or directory|process))?\s*$|unknown user \S+\s*$/
const UNKNOWN_OPTION = /(?:invalid|illegal|unrecognized|unknown) option/
/** The only complaint that leaves the rest of the output whole. */
const NAMELESS_GROUP = /^(?:id: cannot find name for group ID \d+\n)+$/

interface Run {
  readonly failed: boolean
  readonly output: string
  readonly complaint: string
}

/**
 * Asks the operating system through `id`, without a shell. What `id` knows comes from `/etc/group`, SSSD, LDAP or
 * whatever else the name service of the machine is set up for.
 *
 * Shape: the primary group comes first. An unknown user has no groups. Group ids without a name are dropped. Names
 * are read NUL-separated, so a group called `domain users` is one group; where `id` lacks `-z` they are split at
 * blanks, as Hadoop's shell variant does.
 * Units: `timeoutMs`; a program that takes longer is killed.
 * Errors: `ERR_GROUPS_PROVIDER` for a program that is missing, fails or takes too long (Hadoop: no groups, D-4).
 * Source: org.apache.hadoop.security.ShellBasedUnixGroupsMapping, JniBasedUnixGroupsMapping.
 */
export function createUnixProvider(options: {
  readonly timeoutMs: number
  readonly command?: string
}): GroupProvider {
  const command = options.command ?? 'id'
  let zeros = true

  const run = (flags: string, user: string): Promise<Run> =>
    new Promise((resolve, reject) => {
      const limits = { timeout: options.timeoutMs, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL' } as const
      execFile(command, [flags, '--', user], { ...limits, env: ENVIRONMENT }, (error, output, complaint) => {
        // A number is an exit code: `id` ran to its end. Everything else is a program that could not answer.
        if (error === null || typeof error.code === 'number')
          resolve({ failed: error !== null, output, complaint })
        else
          reject(
            failure(`\`${command}\` ${error.killed === true ? 'took too long' : 'could not be run'}`, error),
          )
      })
    })

  const list = async (flags: string, user: string): Promise<Run & { items: string[] }> => {
    const answer = await run(zeros ? `${flags}z` : flags, user)
    if (zeros && answer.failed && answer.output === '' && UNKNOWN_OPTION.test(answer.complaint)) {
      zeros = false
      return list(flags, user)
    }
    const items = answer.output.split(zeros ? '\0' : /\s+/).map((item) => item.trim())
    return { ...answer, items: items.filter((item) => item !== '') }
  }

  /** `id 0` and `id +0` answer for root: a name made of digits counts only if it is the name of an account. */
  const isAccount = async (user: string): Promise<boolean> => {
    if (!/^[\d+\s]/.test(user)) return true
    const answer = await run('-un', user)
    if (answer.failed && !UNKNOWN_USER.test(answer.complaint)) throw failure(`\`${command}\` failed`, answer)
    return answer.output === `${user}\n`
  }

  return {
    name: 'unix',
    async groupsOf(user) {
      // No account has such a name, and no argument can carry a NUL.
      if (user === '' || user.includes('\0') || !(await isAccount(user))) return []
      const named = await list('-Gn', user)
      if (named.failed && named.items.length === 0 && UNKNOWN_USER.test(named.complaint)) return []
      if (named.items.length === 0 || (named.failed && !NAMELESS_GROUP.test(named.complaint)))
        throw failure(`\`${command}\` failed`, named)
      if (!named.items.some((item) => /^\d+$/.test(item))) return [...new Set(named.items)]
      // A group id without a name is printed as the number it is; the same place in the list of numbers tells.
      const numbered = await list('-G', user)
      if (numbered.failed || numbered.items.length !== named.items.length)
        throw failure(`\`${command}\` contradicts itself`, numbered)
      return [...new Set(named.items.filter((item, at) => item !== numbered.items[at]))]
    },
  }
}

function failure(message: string, found: Error | Run): UnavailableError {
  const cause = found instanceof Error ? found : new Error(found.complaint.slice(0, 256))
  return new UnavailableError('ERR_GROUPS_PROVIDER', message, { retryable: true, cause })
}
