import { describe, expect, test } from 'vitest'
import type { HadoopJob, HadoopOutcome } from '../../../src/config/hadoop-job.ts'
import { runHadoopJob } from '../../../src/config/hadoop-job.ts'
import { loadInTime, runInThread } from '../../../src/config/hadoop-loader.ts'
import { HostNames } from '../../../src/config/host-names.ts'
import { loadedHadoop, offlineSource } from '../../../src/config/load-hadoop.ts'
import { decide } from '../../../src/decision/authorize.ts'
import { CLIENT, NameService, temporaryFolder, writeFiles, xml } from './support.ts'

const HOSTS = 'security.client.protocol.hosts'

function jobOf(policy: string, core = xml({})): HadoopJob {
  const folder = temporaryFolder()
  writeFiles(folder, { 'hadoop-policy.xml': policy, 'core-site.xml': core })
  return { source: offlineSource(folder), environment: new Map(), scope: 'all', inForce: null }
}

/** What differs from load to load without meaning anything. */
const withoutInodes = ({ seen, ...rest }: HadoopOutcome): unknown => ({ ...rest, seen: [...seen.keys()] })

const POLICY = xml({
  [CLIENT]: 'alice,bo staff',
  [HOSTS]: '10.0.0.0/8,desk,2001:db8::/32,gone',
  'security.client.protocol.acl.blocked': 'mallory',
})
const CORE = xml({ 'hadoop.proxyuser.oozie.users': 'alice', 'hadoop.proxyuser.oozie.hosts': '192.0.2.7' })

describe('a load in a thread of its own', () => {
  test('brings what the same load brings here, the host names looked up here', async () => {
    const job = jobOf(POLICY, CORE)
    const service = new NameService()
    service.addresses.set('desk', '192.0.2.9')
    const here = await runHadoopJob(job, new HostNames(service.lookup))
    service.asked.length = 0
    const there = await runInThread(job, new HostNames(service.lookup))
    expect(service.asked).toEqual(['desk', 'gone'])
    expect(withoutInodes(there)).toEqual(withoutInodes(here))
  })

  test('decides as it would have here', async () => {
    const service = new NameService()
    service.addresses.set('desk', '192.0.2.9')
    const loaded = loadedHadoop(await runInThread(jobOf(POLICY, CORE), new HostNames(service.lookup)), null)
    const effect = (user: string, address: string, groups: readonly string[] = []): string | null => {
      const subject = { user, principal: user, method: 'SIMPLE' as const, groups, realUser: null }
      return (
        loaded && decide(loaded.policy, { service: CLIENT, subject, origin: { address, names: [] } }).reason
      )
    }
    expect(effect('alice', '10.1.2.3')).toBe('allowed')
    expect(effect('zoe', '192.0.2.9', ['staff'])).toBe('allowed')
    expect(effect('alice', '2001:db8::7')).toBe('allowed')
    expect(effect('alice', '192.0.2.10')).toBe('hosts')
    expect(effect('zoe', '10.1.2.3')).toBe('acl')
    expect(effect('mallory', '10.1.2.3', ['staff'])).toBe('acl_blocked')
    expect(loaded?.policy.services.get(CLIENT)?.acl.text).toBe('alice,bo staff')
    expect(loaded?.policy.asHadoop()).toBeNull()
  })

  test('tells every problem of all files, with its place', async () => {
    const job = jobOf('<configuration><property>', xml({ 'hadoop.proxyuser.oozie.hosts': '10.0.0.0/99' }))
    const { errors, compiled } = await runInThread(job, new HostNames(new NameService().lookup))
    expect(compiled).toBeNull()
    const problems = errors.flatMap((error) => error.problems)
    expect(problems.map(({ file, code }) => [file.split('/').at(-1), code])).toEqual([
      ['hadoop-policy.xml', expect.any(String)],
      ['core-site.xml', 'bad_range'],
    ])
  })

  test('has the text of a long list where it is asked for', async () => {
    const users = Array.from({ length: 5_000 }, (_, index) => `user${index}`).join(',')
    const outcome = await runInThread(
      jobOf(xml({ [CLIENT]: users })),
      new HostNames(new NameService().lookup),
    )
    expect(loadedHadoop(outcome, null)?.policy.services.get(CLIENT)?.acl.text).toBe(users)
  })

  test('rejects where the thread dies', async () => {
    // Not a job at all: the thread fails at once.
    await expect(runInThread({} as HadoopJob, new HostNames(new NameService().lookup))).rejects.toThrow(
      /undefined/,
    )
  })
})

test('small files are read here, large ones in a thread; both come to the same', async () => {
  const names = new HostNames(new NameService().lookup)
  const users = Array.from({ length: 40_000 }, (_, index) => `user${index}`).join(',')
  const [small, large] = [jobOf(xml({ [CLIENT]: 'alice' })), jobOf(xml({ [CLIENT]: users }))]
  for (const job of [small, large])
    expect(withoutInodes(await loadInTime(job, names))).toEqual(withoutInodes(await runHadoopJob(job, names)))
})
