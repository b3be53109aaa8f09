import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Contender, Place } from './contender.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

/** The rules of the benchmark in Hadoop's own file; `users` are on the list besides alice and bob. */
export const policyXml = (users: readonly string[] = []): string => `<?xml version="1.0"?>
<configuration>
  <property><name>security.client.protocol.acl</name><value>${['alice', 'bob', ...users].join(',')}</value></property>
  <property><name>security.client.protocol.hosts</name><value>127.0.0.0/8</value></property>
  <property><name>security.client.protocol.hosts.blocked</name><value>127.0.0.66</value></property>
</configuration>
`

interface Options {
  readonly cacheMax: number
  readonly audit: 'denies' | 'all'
  readonly workers?: number
  /** What is started with the settings file, in place of the command itself. */
  readonly program?: readonly string[]
}

/** Keddah in front of one NameNode. The policy is `conf/hadoop-policy.xml` in the folder of its place. */
export const keddah = (
  name: string,
  { cacheMax, audit, workers = 1, program = [MAIN, 'serve', '--config'] }: Options,
): Contender => ({
  name,
  refuses: true,
  unavailable: () => null,
  command: ({ dir, port, upstream }: Place) => {
    const conf = join(dir, 'conf')
    mkdirSync(conf, { recursive: true })
    writeFileSync(join(conf, 'core-site.xml'), '<configuration/>\n')
    writeFileSync(join(conf, 'hadoop-policy.xml'), policyXml())
    const settings = {
      hadoop: { confDir: conf },
      stateDir: join(dir, 'state'),
      workers,
      // A refresh is to come when it is asked for, and not before.
      watch: { enabled: false },
      admin: { listen: '127.0.0.1:0' },
      identity: { authenticators: [{ kind: 'pseudo' }] },
      cache: { max: cacheMax },
      audit: { file: join(dir, 'audit.jsonl'), allows: audit === 'all' ? 'all' : 'none' },
      services: [
        {
          name: 'namenode',
          kind: 'namenode',
          listen: `127.0.0.1:${port}`,
          upstreams: [upstream],
          // All of the load comes from one address.
          limits: { connectionsPerAddress: 0 },
        },
      ],
    }
    const file = join(dir, 'keddah.yaml')
    writeFileSync(file, JSON.stringify(settings, null, 2))
    return { file: process.execPath, args: [...program, file] }
  },
})
