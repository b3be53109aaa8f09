import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ask, locationOf, webHdfs } from '../support/hadoop/ask.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { DATANODE_PROTOCOL, essence, webHdfsRefusal } from '../support/hadoop/words.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

withHadoop('a DataNode with a listener of its own', (hadoop) => {
  let keddah: Keddah
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [
        {
          name: 'namenode',
          kind: 'namenode',
          upstream: hadoop.nameNode,
          settings: { redirects: 'pass' },
        },
        {
          name: 'datanode',
          kind: 'datanode',
          upstream: hadoop.dataNode,
        },
      ],
      policy: POLICY,
    })
  })
  afterAll(async () => keddah?.stop())

  /** First step at the NameNode's listener; answers where the DataNode wants the second one. */
  const firstStep = async (method: string, path: string, query: string): Promise<string> => {
    const answer = await ask(keddah.url('namenode'), method, webHdfs(path, query))
    expect(answer.status).toBe(307)
    const { origin, pathname, search } = locationOf(answer)
    expect(origin).toBe(hadoop.dataNode)
    return pathname + search
  }
  const secondStep = (base: string, method: string, target: string, body?: Buffer): Promise<Answer> =>
    ask(base, method, target, {
      headers: { 'Content-Type': 'application/octet-stream' },
      ...(body === undefined ? {} : { body }),
    })

  test('sends a 100 Continue that nobody asked for; the client of Keddah sees one final answer alone', async () => {
    const path = '/user/alice/continued'
    const [first, second, third] = [randomBytes(500_000), randomBytes(1_000), randomBytes(2_000)]
    const create = await firstStep('PUT', path, 'op=CREATE&overwrite=true&user.name=alice')
    const bare = await secondStep(hadoop.dataNode, 'PUT', create, first)
    expect(bare).toMatchObject({ status: 201, informational: [100] })
    const created = await secondStep(keddah.url('datanode'), 'PUT', create, first)
    expect(created).toMatchObject({ status: 201, informational: [], text: '' })
    expect(created.headers['location']).toBe(bare.headers['location'])

    const append = await firstStep('POST', path, 'op=APPEND&user.name=alice')
    expect(await secondStep(hadoop.dataNode, 'POST', append, second)).toMatchObject({
      status: 200,
      informational: [100],
    })
    expect(await secondStep(keddah.url('datanode'), 'POST', append, third)).toMatchObject({
      status: 200,
      informational: [],
      text: '',
    })

    const read = await secondStep(
      keddah.url('datanode'),
      'GET',
      await firstStep('GET', path, 'op=OPEN&user.name=alice'),
    )
    expect(read.status).toBe(200)
    expect(read.body.equals(Buffer.concat([first, second, third]))).toBe(true)
  })

  test('sends it before a refusal of its own too, which arrives as it is', async () => {
    const create = await firstStep('PUT', '/forbidden', 'op=CREATE&user.name=alice')
    const bare = await secondStep(hadoop.dataNode, 'PUT', create, randomBytes(1_000))
    const front = await secondStep(keddah.url('datanode'), 'PUT', create, randomBytes(1_000))
    expect(bare).toMatchObject({ status: 403, informational: [100] })
    expect(front).toMatchObject({ status: 403, informational: [] })
    expect(front.text).toContain('AccessControlException')
    expect(front.headers['x-keddah-reason']).toBe(undefined)
  })

  test('believes any name; Keddah asks the policy about it', async () => {
    const open = (await firstStep('GET', '/user/alice/continued', 'op=OPEN&user.name=alice')).replace(
      'user.name=alice',
      'user.name=mallory',
    )
    expect(essence(await secondStep(keddah.url('datanode'), 'GET', open))).toEqual({
      status: 403,
      reason: 'acl',
      text: webHdfsRefusal('mallory', DATANODE_PROTOCOL),
    })
  })

  test('carries a file of many buffers in both directions without a change', async () => {
    const path = '/user/alice/large'
    const content = randomBytes(20_000_000)
    const create = await firstStep('PUT', path, 'op=CREATE&overwrite=true&user.name=alice')
    expect(await secondStep(keddah.url('datanode'), 'PUT', create, content)).toMatchObject({ status: 201 })
    const open = await firstStep('GET', path, 'op=OPEN&user.name=alice')
    const whole = await secondStep(keddah.url('datanode'), 'GET', open)
    expect(whole.headers['content-length']).toBe('20000000')
    expect(whole.body.equals(content)).toBe(true)
    const part = await firstStep('GET', path, 'op=OPEN&offset=1048570&length=20&user.name=alice')
    const some = await secondStep(keddah.url('datanode'), 'GET', part)
    expect(some.body.equals(content.subarray(1_048_570, 1_048_590))).toBe(true)
  })
})
