import { afterEach, describe, expect, test } from 'vitest'
import { addCounts, mergeSeries, type Series } from '../../../src/telemetry/merge.ts'
import { Metrics } from '../../../src/telemetry/metrics.ts'

const opened: Metrics[] = []
afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.close()
})

const ofThread = (count: (metrics: Metrics) => void = () => {}): Metrics => {
  const metrics = new Metrics({ version: '1' })
  opened.push(metrics)
  count(metrics)
  return metrics
}

/** The numbers of a thread as they come out at the other end of a message channel. */
const sent = (metrics: Metrics, what: 'all' | 'counts' = 'all'): ReturnType<Metrics['export']> =>
  structuredClone(metrics.export(what))

const textWith = (main: Metrics, ...others: Metrics[]): Promise<string> => {
  main.watchOthers(() => Promise.resolve(others.map((other) => sent(other))))
  return main.text()
}

const sample = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('the metrics of several threads', () => {
  test('counters are added up, label by label, and those of one thread alone are there', async () => {
    const one = ofThread((metrics) => {
      metrics.decided('nn', 'allow', 'allowed')
      metrics.decided('nn', 'deny', 'acl')
    })
    const other = ofThread((metrics) => {
      metrics.decided('nn', 'allow', 'allowed')
      metrics.decided('rm', 'allow', 'allowed')
    })
    const text = await textWith(ofThread(), one, other)
    const decided = (labels: string): number | undefined => sample(text, `keddah_decisions_total{${labels}}`)
    expect(decided('service="nn",effect="allow",reason="allowed"')).toBe(2)
    expect(decided('service="nn",effect="deny",reason="acl"')).toBe(1)
    expect(decided('service="rm",effect="allow",reason="allowed"')).toBe(1)
  })

  test('histograms are added up, bucket by bucket', async () => {
    const one = ofThread((metrics) => metrics.requestSeconds('nn', 0.003))
    const other = ofThread((metrics) => {
      metrics.requestSeconds('nn', 0.003)
      metrics.requestSeconds('nn', 100)
    })
    const text = await textWith(ofThread(), one, other)
    const bucket = (le: string): number | undefined =>
      sample(text, `keddah_request_seconds_bucket{le="${le}",service="nn"}`)
    expect([bucket('0.0025'), bucket('0.005'), bucket('60'), bucket('+Inf')]).toEqual([0, 2, 2, 3])
    expect(sample(text, 'keddah_request_seconds_count{service="nn"}')).toBe(3)
    expect(sample(text, 'keddah_request_seconds_sum{service="nn"}')).toBeCloseTo(100.006)
  })

  test('requests in flight are added up, and what is one in the process is that of the main thread', async () => {
    const [one, other] = [ofThread(), ofThread()]
    one.inFlight('nn').inc()
    for (const gauge of [other.inFlight('nn')]) {
      gauge.inc()
      gauge.inc()
    }
    other.pseudoEnabled(true)
    const main = ofThread((metrics) => metrics.workersServing(2))
    const text = await textWith(main, one, other)
    expect(sample(text, 'keddah_in_flight_requests{service="nn"}')).toBe(3)
    expect(sample(text, 'keddah_auth_pseudo_enabled')).toBe(0)
    expect(sample(text, 'keddah_workers')).toBe(2)
    expect(sample(text, 'process_cpu_seconds_total')).toBeLessThan(process.cpuUsage().user / 1e6 + 60)
  })

  test('of the largest, the largest', () => {
    const series = (value: number): Series => ({ labels: { statistic: 'max' }, values: [value] })
    expect(mergeSeries('max', [[series(1)], [series(3)], [series(2)]])).toEqual([series(3)])
  })

  test('a scrape changes nothing in what was counted', async () => {
    const [main, worker] = [ofThread(), ofThread((metrics) => metrics.decided('nn', 'allow', 'allowed'))]
    await textWith(main, worker)
    const text = await textWith(main, worker)
    expect(sample(text, 'keddah_decisions_total{service="nn",effect="allow",reason="allowed"}')).toBe(1)
  })
})

describe('what is kept of a thread that is gone', () => {
  test('is what it has counted, and no state', () => {
    const gone = ofThread((metrics) => {
      metrics.decided('nn', 'allow', 'allowed')
      metrics.inFlight('nn').inc()
    })
    const kept = addCounts(new Map(), sent(gone, 'counts'))
    expect(kept.get('keddah_decisions_total')?.[0]?.values).toEqual([1])
    expect(kept.has('keddah_in_flight_requests')).toBe(false)
    const twice = addCounts(kept, sent(gone, 'counts'))
    expect(twice.get('keddah_decisions_total')?.[0]?.values).toEqual([2])
  })
})
