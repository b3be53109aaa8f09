import { afterEach, expect, test } from 'vitest'
import { type Answer, ask, webHdfs } from '../support/hadoop/ask.ts'
import { POLICY, type Properties } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { until } from '../support/hadoop/wait.ts'
import { CLIENT_PROTOCOL, essence, webHdfsRefusal } from '../support/hadoop/words.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

const clients = (acl: string): Properties => ({ ...POLICY, 'security.client.protocol.acl': acl })

withHadoop('a new policy', (hadoop) => {
  let keddah: Keddah | undefined
  afterEach(async () => keddah?.stop())

  const start = async (settings: Readonly<Record<string, unknown>> = {}): Promise<Keddah> => {
    const service = { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode }
    keddah = await startKeddah({ hadoop, services: [service], policy: clients('root,alice'), settings })
    return keddah
  }
  const list = (of: Keddah, user: string): Promise<Answer> =>
    ask(of.url('namenode'), 'GET', webHdfs('/', `op=LISTSTATUS&user.name=${user}`))
  const refresh = (of: Keddah): Promise<Answer> =>
    ask(of.admin, 'POST', '/admin/v1/refresh/service-acl', {
      headers: { Authorization: `Bearer ${of.token()}` },
    })
  const refusal = (user: string): unknown => ({
    status: 403,
    reason: 'acl',
    text: webHdfsRefusal(user, CLIENT_PROTOCOL),
  })

  test('is in force soon after the file was replaced, for those it lets in and those it shuts out', async () => {
    const running = await start()
    expect((await list(running, 'alice')).status).toBe(200)
    expect(essence(await list(running, 'mallory'))).toEqual(refusal('mallory'))
    running.setPolicy(clients('root,mallory'))
    await until('mallory to be let in', async () =>
      (await list(running, 'mallory')).status === 200 ? true : null,
    )
    expect(essence(await list(running, 'alice'))).toEqual(refusal('alice'))
    running.setPolicy(clients('root outsiders,staff'))
    await until('alice to be let in by her group', async () =>
      (await list(running, 'alice')).status === 200 ? true : null,
    )
    expect((await list(running, 'mallory')).status).toBe(200)
  })

  test('decides the very next request once its refresh was acknowledged, and not one before', async () => {
    const running = await start({ watch: { enabled: false } })
    expect((await list(running, 'alice')).status).toBe(200)
    for (const [acl, inside, outside] of [
      ['root,mallory', 'mallory', 'alice'],
      ['root,alice', 'alice', 'mallory'],
    ] as const) {
      running.setPolicy(clients(acl))
      expect((await list(running, outside)).status, 'the old policy until then').toBe(200)
      const { status, text } = await refresh(running)
      expect(status, `text ${text}`).toBe(200)
      expect(JSON.parse(text)).toMatchObject({ changed: true })
      expect(essence(await list(running, outside))).toEqual(refusal(outside))
      expect((await list(running, inside)).status).toBe(200)
    }
  })

  test('that cannot be read changes nothing and is answered with its problems', async () => {
    const running = await start({ watch: { enabled: false } })
    running.setPolicy('<configuration>\n<property><name>security.client.protocol.acl</name>\n')
    const { status, text } = await refresh(running)
    expect(status).toBe(422)
    expect(text).toContain('hadoop-policy.xml')
    expect((await list(running, 'alice')).status).toBe(200)
    expect(essence(await list(running, 'mallory'))).toEqual(refusal('mallory'))
    running.setPolicy(clients('*'))
    expect((await refresh(running)).status).toBe(200)
    expect((await list(running, 'mallory')).status).toBe(200)
  })
})
