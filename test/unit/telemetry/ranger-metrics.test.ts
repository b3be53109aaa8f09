import { expect, test } from 'vitest'
import { Metrics } from '../../../src/telemetry/metrics.ts'
import type { PresentRanger } from '../../../src/telemetry/ranger-metrics.ts'

const HDFS: PresentRanger = {
  component: 'HDFS',
  version: 7,
  rolesVersion: 3,
  policyCount: 2,
  origin: 'admin',
  loadedAt: 1_000,
  isFailing: false,
}

const YARN: PresentRanger = {
  component: 'Yarn',
  version: null,
  rolesVersion: null,
  policyCount: 0,
  origin: 'none',
  loadedAt: null,
  isFailing: true,
}

async function rangerLines(use: (metrics: Metrics) => void, now = 61_000): Promise<string[]> {
  const metrics = new Metrics({ version: '1', now: () => now })
  use(metrics)
  const text = await metrics.text()
  metrics.close()
  return text.split('\n').filter((line) => /^keddah_ranger_(?!enabled)/.test(line))
}

test('what is had of each component is read at the scrape; what is not there is not shown', async () => {
  const lines = await rangerLines(({ ranger }) => ranger.watch(() => [HDFS, YARN]))
  expect(lines).toEqual([
    'keddah_ranger_policy_version{component="HDFS"} 7',
    'keddah_ranger_roles_version{component="HDFS"} 3',
    'keddah_ranger_policies{component="HDFS"} 2',
    'keddah_ranger_policies{component="Yarn"} 0',
    'keddah_ranger_policy_age_seconds{component="HDFS"} 60',
    'keddah_ranger_download_failing{component="HDFS"} 0',
    'keddah_ranger_download_failing{component="Yarn"} 1',
    ...['HDFS', 'Yarn'].flatMap((component) =>
      ['admin', 'cache', 'file', 'none'].map((source) => {
        const isIt = source === (component === 'HDFS' ? 'admin' : 'none')
        return `keddah_ranger_policy_source{component="${component}",source="${source}"} ${isIt ? 1 : 0}`
      }),
    ),
  ])
})

test('a component that is had no more is not shown any more', async () => {
  let had = [HDFS, YARN]
  const metrics = new Metrics({ version: '1' })
  metrics.ranger.watch(() => had)
  expect(await metrics.text()).toContain('keddah_ranger_policies{component="Yarn"}')
  had = [HDFS]
  const text = await metrics.text()
  metrics.close()
  expect(text).toContain('keddah_ranger_policies{component="HDFS"}')
  expect(text).not.toContain('component="Yarn"')
})

test('a clock that is set back makes no age negative', async () => {
  const lines = await rangerLines(({ ranger }) => ranger.watch(() => [HDFS]), 500)
  expect(lines).toContain('keddah_ranger_policy_age_seconds{component="HDFS"} 0')
})

test('failures are counted by what failed and why, losses of all policies by component', async () => {
  const lines = await rangerLines(({ ranger }) => {
    ranger.failed('HDFS', 'policies', 'timeout')
    ranger.failed('HDFS', 'policies', 'timeout')
    ranger.failed('HDFS', 'cache', 'malformed')
    ranger.emptied('HDFS')
  })
  expect(lines).toEqual([
    'keddah_ranger_failures_total{component="HDFS",what="policies",reason="timeout"} 2',
    'keddah_ranger_failures_total{component="HDFS",what="cache",reason="malformed"} 1',
    'keddah_ranger_emptied_total{component="HDFS"} 1',
  ])
})
