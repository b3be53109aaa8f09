import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ALL_METRICS } from '../../../src/telemetry/declarations.ts'
import { Metrics, type PolicyInForce } from '../../../src/telemetry/metrics.ts'

const withMetrics = async (
  use: (metrics: Metrics) => void | Promise<void>,
  now?: () => number,
): Promise<string> => {
  const metrics = new Metrics({ version: '1.2.3', ...(now ? { now } : {}) })
  try {
    await use(metrics)
    return await metrics.text()
  } finally {
    metrics.close()
  }
}

const NO_VERDICTS = { hits: 0, misses: 0 }

const snapshot = (revision: string, hits: number, misses: number, findings = 0): PolicyInForce => ({
  revision,
  policy: { authorizationOn: true, findings: Array.from({ length: findings }, () => ({})) },
  cache: { hits, misses, size: hits },
  verdicts: NO_VERDICTS,
})

const sample = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('the declarations', () => {
  test('every declared metric is exported, and nothing else is', async () => {
    const text = await withMetrics(() => {})
    const exported = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
    const declared = ALL_METRICS.map(({ name, type }) => `${name} ${type}`)
    expect(exported.toSorted()).toEqual(declared.toSorted())
  })

  test('no metric has a label that a caller fills', () => {
    const labels = new Set<string>(ALL_METRICS.flatMap((metric) => metric.labels))
    for (const unbounded of ['user', 'path', 'address', 'url', 'client', 'le', 'quantile']) {
      expect(labels).not.toContain(unbounded)
    }
  })
})

describe('counting', () => {
  test('decisions are counted by service, effect and reason', async () => {
    const text = await withMetrics((metrics) => {
      metrics.decided('namenode', 'allow', 'allowed')
      metrics.decided('namenode', 'allow', 'allowed')
      metrics.decided('namenode', 'deny', 'acl')
      metrics.decided('rm', 'would_deny', 'acl')
    })
    const series = (service: string, effect: string, reason: string): string =>
      `keddah_decisions_total{service="${service}",effect="${effect}",reason="${reason}"}`
    expect(sample(text, series('namenode', 'allow', 'allowed'))).toBe(2)
    expect(sample(text, series('namenode', 'deny', 'acl'))).toBe(1)
    expect(sample(text, series('rm', 'would_deny', 'acl'))).toBe(1)
  })

  test('a histogram counts each value in its bucket and in every larger one', async () => {
    const text = await withMetrics((metrics) => {
      metrics.decisionSeconds(0.000001)
      metrics.decisionSeconds(0.000002)
      metrics.decisionSeconds(7)
    })
    expect(sample(text, 'keddah_decision_seconds_bucket{le="0.000001"}')).toBe(1)
    expect(sample(text, 'keddah_decision_seconds_bucket{le="0.0000025"}')).toBe(2)
    expect(sample(text, 'keddah_decision_seconds_bucket{le="0.1"}')).toBe(2)
    expect(sample(text, 'keddah_decision_seconds_bucket{le="+Inf"}')).toBe(3)
    expect(sample(text, 'keddah_decision_seconds_count')).toBe(3)
    expect(sample(text, 'keddah_decision_seconds_sum')).toBeCloseTo(7.000003)
  })

  test('requests in flight go up and down, and a known service starts at 0', async () => {
    const text = await withMetrics((metrics) => {
      metrics.servicesEnforcing([['rm', false]])
      const gauge = metrics.inFlight('namenode')
      gauge.inc()
      gauge.inc()
      gauge.dec()
    })
    expect(sample(text, 'keddah_in_flight_requests{service="namenode"}')).toBe(1)
    expect(sample(text, 'keddah_in_flight_requests{service="rm"}')).toBe(0)
    expect(sample(text, 'keddah_service_enforcing{service="rm"}')).toBe(0)
  })

  test('a service that the settings have no more is not shown as enforcing', async () => {
    const text = await withMetrics((metrics) => {
      metrics.servicesEnforcing([['gone', true]])
      metrics.servicesEnforcing([['rm', true]])
    })
    expect(sample(text, 'keddah_service_enforcing{service="rm"}')).toBe(1)
    expect(text).not.toContain('keddah_service_enforcing{service="gone"}')
  })

  test('a failed refresh is counted by trigger and by error code', async () => {
    const text = await withMetrics((metrics) => {
      metrics.refreshed('watch', 'failed', 'ERR_POLICY_XML')
      metrics.refreshed('admin', 'changed')
    })
    expect(sample(text, 'keddah_refreshes_total{trigger="watch",result="failed"}')).toBe(1)
    expect(sample(text, 'keddah_refreshes_total{trigger="admin",result="changed"}')).toBe(1)
    expect(sample(text, 'keddah_policy_reload_failures_total{reason="err_policy_xml"}')).toBe(1)
  })

  test('what is scraped twice is the same twice', async () => {
    await withMetrics(async (metrics) => {
      metrics.decided('namenode', 'allow', 'allowed')
      metrics.requestSeconds('namenode', 0.2)
      const pick = (text: string): string[] =>
        text.split('\n').filter((line) => /^keddah_(decisions|request)/.test(line))
      expect(pick(await metrics.text())).toEqual(pick(await metrics.text()))
    })
  })

  // Attack: whatever reaches a label, however it is chosen, must not make the scrape grow without end.
  test('a label that is given something unbounded ends in one child named other', async () => {
    const text = await withMetrics((metrics) => {
      for (let index = 0; index < 5_000; index += 1) metrics.rejected('namenode', `reason-${index}`)
    })
    const lines = text.split('\n').filter((line) => line.startsWith('keddah_proxy_rejected_total{'))
    expect(lines.length).toBe(1_001)
    expect(sample(text, 'keddah_proxy_rejected_total{service="other",reason="other"}')).toBe(4_000)
  })

  // Attack: a label value that ends its quotes and adds a line of its own.
  test('a label value cannot leave its quotes', async () => {
    const text = await withMetrics((metrics) => metrics.rejected('a"} 9\nfake_metric 1\\', 'x'))
    expect(text).not.toMatch(/^fake_metric/m)
    expect(text).toContain('service="a\\"} 9\\nfake_metric 1\\\\"')
  })
})

describe('the policy in force', () => {
  test('its revision, findings and age are shown', async () => {
    let now = 1_000_000
    const text = await withMetrics(
      (metrics) => {
        metrics.policyInForce(snapshot('one', 0, 0))
        metrics.policyInForce(snapshot('two', 0, 0, 3))
        now += 90_500
      },
      () => now,
    )
    expect(text.match(/^keddah_policy_info.*$/gm)).toEqual(['keddah_policy_info{revision="two"} 1'])
    expect(sample(text, 'keddah_policy_findings')).toBe(3)
    expect(sample(text, 'keddah_policy_age_seconds')).toBe(90.5)
    expect(sample(text, 'keddah_policy_loaded_timestamp_seconds')).toBe(1_000)
    expect(sample(text, 'keddah_authorization_on')).toBe(1)
  })

  test('cache counters never go backwards when the policy is replaced', async () => {
    const first = { hits: 10, misses: 4, size: 4 }
    await withMetrics(async (metrics) => {
      metrics.policyInForce({ ...snapshot('one', 0, 0), cache: first })
      expect(sample(await metrics.text(), 'keddah_cache_hits_total')).toBe(10)
      // Counted between the scrape and the swap.
      first.hits = 13
      metrics.policyInForce(snapshot('two', 0, 0))
      metrics.policyInForce(snapshot('three', 2, 1))
      const text = await metrics.text()
      expect(sample(text, 'keddah_cache_hits_total')).toBe(15)
      expect(sample(text, 'keddah_cache_misses_total')).toBe(5)
      expect(sample(text, 'keddah_cache_size')).toBe(2)
    })
  })

  test('policies that are replaced keep what the cache of the permissions has counted, and the other way round', async () => {
    const verdicts = { hits: 3, misses: 2 }
    const text = await withMetrics((metrics) => {
      metrics.policyInForce({ ...snapshot('one', 1, 1), verdicts })
      metrics.policyInForce({ ...snapshot('two', 4, 4), verdicts })
      metrics.policyInForce({ ...snapshot('two', 4, 4), verdicts: { hits: 10, misses: 10 } })
    })
    expect(sample(text, 'keddah_cache_hits_total')).toBe(9)
    expect(sample(text, 'keddah_permission_cache_hits_total')).toBe(13)
    expect(sample(text, 'keddah_permission_cache_misses_total')).toBe(12)
  })

  test('verified permissions are counted by who decided', async () => {
    const text = await withMetrics((metrics) => {
      metrics.permissionDecided({ component: 'HDFS', enforcer: 'native' }, 'allow')
      metrics.permissionDecided({ component: 'HDFS', enforcer: 'ranger-acl' }, 'deny')
    })
    const name = 'keddah_permission_decisions_total'
    expect(sample(text, `${name}{component="HDFS",decision="native",enforcer="native"}`)).toBe(1)
    expect(sample(text, `${name}{component="HDFS",decision="deny",enforcer="ranger-acl"}`)).toBe(1)
  })

  test('showing the same snapshot again counts its cache once', async () => {
    const same = snapshot('one', 5, 5)
    const text = await withMetrics((metrics) => {
      metrics.policyInForce(same)
      metrics.policyInForce(same)
    })
    expect(sample(text, 'keddah_cache_hits_total')).toBe(5)
  })
})

test('a busy event loop is seen in the lag, and is over at the next scrape', async () => {
  await withMetrics(async (metrics) => {
    const lag = async (): Promise<number> =>
      sample(await metrics.text(), 'keddah_event_loop_lag_seconds{statistic="max"}') ?? -1
    const deadline = performance.now() + 20_000
    let seen = 0
    while (seen < 0.15 && performance.now() < deadline) {
      // The first tick after a scrape only starts the clock.
      await sleep(50)
      const until = performance.now() + 250
      while (performance.now() < until);
      await sleep(30)
      seen = await lag()
    }
    expect(seen).toBeGreaterThanOrEqual(0.15)
    expect(await lag()).toBeLessThan(seen)
  })
})
