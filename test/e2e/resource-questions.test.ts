import { describe, expect, onTestFinished, test } from 'vitest'
import { allowing, denying, type RangerStage, useRangerStage } from '../support/attack/ranger-stage.ts'
import { head } from '../support/attack/stage.ts'
import { CLIENT } from '../support/policy.ts'
import { until } from '../support/until.ts'

const YARN = {
  kind: 'resourcemanager',
  acl: { 'security.applicationclient.protocol.acl': 'alice' },
  policies: [allowing('queue', 'root.open', ['submit-app']), denying('queue', 'root.prod', ['submit-app'])],
  honest: '/ws/v1/cluster/info?user.name=alice',
} as const
const HDFS = {
  kind: 'namenode',
  acl: { [CLIENT]: 'alice' },
  policies: [allowing('path', '/', ['read', 'write', 'execute'])],
  honest: '/webhdfs/v1/honest?op=GETFILESTATUS&user.name=alice',
} as const

/** The head of a submission to come. */
const POST = ['POST /ws/v1/cluster/apps?user.name=alice HTTP/1.1', 'Host: rm', 'Connection: close']
const submission = (body: string, type = 'application/json'): string =>
  head(...POST, `Content-Type: ${type}`, `Content-Length: ${body.length}`) + body

const metricOf = async ({ app }: RangerStage, series: string): Promise<number> => {
  const text = await app.app.telemetry.metrics.text()
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? 0)
}

describe('where permissions are verified', () => {
  const stage = useRangerStage(YARN)

  test('nothing is asked about what concerns no queue', async () => {
    const targets = [
      '/',
      '/cluster/apps',
      '/ws/v1/cluster/apps',
      '/ws/v1/cluster/scheduler',
      '/jmx',
      '/isActive',
    ]
    for (const target of targets)
      expect((await fetch(`${stage.url}${target}?user.name=alice`)).status, target).toBe(200)
    expect(await stage.reached()).toHaveLength(targets.length)
  })

  // While it waits, nobody needs groups; then a policy comes that denies by a group.
  test('a body that was waited for is decided on by what is in force when it has come', async () => {
    const caller = await stage.call()
    const body = '{"queue":"root.open"}'
    const lines = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Expect: 100-continue']
    caller.write(head(...POST, ...lines))
    await until(() => caller.received.includes('100 Continue'))
    const accesses = [{ type: 'submit-app', isAllowed: true }]
    await stage.replace([
      ...YARN.policies,
      { resources: { queue: { values: ['root.open'] } }, denyPolicyItems: [{ groups: ['staff'], accesses }] },
    ])
    onTestFinished(() => stage.replace(YARN.policies))
    caller.write(body)
    const [answer] = await caller.answers(1)
    expect([answer?.status, answer?.headers.find(([name]) => name === 'X-Keddah-Reason')?.[1]]).toEqual([
      403,
      'ranger_deny',
    ])
    expect(await stage.reached()).toEqual([])
  })
})

describe('where policies know queues as applications name them', () => {
  const component = { queueNames: 'asSubmitted', queues: { etl: 'root.prod.etl' } }
  const stage = useRangerStage({ ...YARN, component })

  test('a short name is asked about as it is, and passes where nothing is said about it', async () => {
    expect((await stage.send(submission('{"queue":"night"}'))).status).toBe(200)
    expect((await stage.send(submission('{}'))).status).toBe(200)
    expect(await stage.reached()).toHaveLength(2)
  })

  test('a denial of the full name counts for the short one', async () => {
    expect((await stage.send(submission('{"queue":"etl"}'))).reason).toBe('ranger_deny')
    expect((await stage.send(submission('{"queue":"prod"}'))).reason).toBe('ranger_deny')
    expect(await stage.reached()).toEqual([])
  })
})

describe('a service that only observes', () => {
  const service = { enforcement: 'observe', limits: { resourceBodyBytes: '1KiB' } }
  const stage = useRangerStage({ ...YARN, service })

  test.each([
    ['what is denied', 'application/json', '{"queue":"root.prod"}', 'ranger_deny'],
    ['what cannot be understood', 'application/json', '{"queue":"a","queue":"b"}', 'ranger_none'],
    ['what is of no type that can be read', 'text/plain', '{"queue":"root.prod"}', 'ranger_none'],
    [
      'what is larger than is read',
      'application/json',
      `{"queue":"root.open"${' '.repeat(2_000)}}`,
      'ranger_none',
    ],
  ])('forwards and counts %s', async (_, type, body, reason) => {
    const series = `keddah_decisions_total{service="door",effect="would_deny",reason="${reason}"}`
    const before = await metricOf(stage, series)
    expect((await stage.send(submission(body, type))).status).toBe(200)
    expect((await stage.reached()).map((request) => request.body)).toEqual([body])
    expect(await metricOf(stage, series)).toBe(before + 1)
  })
})

describe('without `mode`', () => {
  const resourceManager = useRangerStage({ ...YARN, isOff: true })
  const nameNode = useRangerStage({ ...HDFS, isOff: true })

  test('a body is not looked at', async () => {
    const body = '{"queue":"a","queue":"b"}'
    expect((await resourceManager.send(submission(body, 'text/plain'))).status).toBe(200)
    expect((await resourceManager.reached()).map((request) => request.body)).toEqual([body])
  })

  test('a body is not waited for', async () => {
    const caller = await resourceManager.call()
    caller.write(head(...POST, 'Content-Type: application/json', 'Transfer-Encoding: chunked'))
    caller.write('1\r\n{\r\n')
    const hasBegun = (): boolean =>
      resourceManager.upstream.bytes().some((bytes) => bytes.includes('1\r\n{\r\n'))
    await until(hasBegun)
    expect(hasBegun()).toBe(true)
    caller.hangUp()
  })

  test('parameters are not looked at', async () => {
    const first = 'PUT /webhdfs/v1/a?op=RENAME&user.name=alice HTTP/1.1'
    const reply = await nameNode.send(head(first, 'Host: nn', 'Connection: close', 'Content-Length: 0'))
    expect(reply.status).toBe(200)
    expect(await nameNode.reached()).toHaveLength(1)
  })
})

describe('what is in flight', () => {
  const stage = useRangerStage(HDFS)
  const question = head('GET /webhdfs/v1/data/a?op=OPEN&user.name=alice HTTP/1.1', 'Host: nn')

  test('is decided on again when policies change, and refused once they deny it', async () => {
    stage.upstream.behave(({ target }) =>
      target.includes('/data/a') ? null : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    )
    const caller = await stage.call()
    caller.write(question)
    await until(() => stage.upstream.bytes().some((bytes) => bytes.includes('/data/a')))
    await stage.replace([...HDFS.policies, denying('path', '/other', ['read'])])
    expect(caller.received).toBe('')
    await stage.replace([...HDFS.policies, denying('path', '/data', ['read'])])
    onTestFinished(() => stage.replace(HDFS.policies))
    const [answer] = await caller.answers(1)
    expect(answer?.status).toBe(403)
    expect(answer?.body).toContain('Permission denied: user=alice, access=READ, inode=\\"/data/a\\"')
  })
})

describe('who may not use the service at all', () => {
  const stage = useRangerStage(HDFS)

  // What is wrong with a request is no business of somebody who may make none.
  test('is told that, not what is wrong with the parameters', async () => {
    const first = 'PUT /webhdfs/v1/a?op=RENAME&user.name=mallory HTTP/1.1'
    const reply = await stage.send(head(first, 'Host: nn', 'Connection: close', 'Content-Length: 0'))
    expect([reply.status, reply.reason]).toEqual([403, 'acl'])
    expect(await stage.reached()).toEqual([])
  })
})
