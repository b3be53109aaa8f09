import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, webHdfs } from '../support/hadoop/ask.ts'
import { application, fieldOf, kill, newApplication, submit } from '../support/hadoop/applications.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

/** The keys of the hadoop-policy.xml that comes with Hadoop 3, in its order; `*` everywhere. No jar has the file. */
const STOCK_KEYS =
  `security.client.protocol.acl security.client.datanode.protocol.acl security.datanode.protocol.acl
  security.inter.datanode.protocol.acl security.namenode.protocol.acl security.admin.operations.protocol.acl
  security.refresh.user.mappings.protocol.acl security.refresh.policy.protocol.acl security.ha.service.protocol.acl
  security.router.admin.protocol.acl security.zkfc.protocol.acl security.qjournal.service.protocol.acl
  security.interqjournal.service.protocol.acl security.mrhs.client.protocol.acl security.resourcetracker.protocol.acl
  security.resourcemanager-administration.protocol.acl security.applicationclient.protocol.acl
  security.applicationmaster.protocol.acl security.containermanagement.protocol.acl
  security.resourcelocalizer.protocol.acl security.job.task.protocol.acl security.job.client.protocol.acl
  security.collector-nodemanager.protocol.acl security.distributedscheduling.protocol.acl`.split(/\s+/)

/** In its shape: a style sheet, comments, descriptions over several lines. */
const STOCK_POLICY = `<?xml version="1.0"?>
<?xml-stylesheet type="text/xsl" href="configuration.xsl"?>
<!--

 A licence stands here.

-->

<!-- Put site-specific property overrides in this file. -->

<configuration>
${STOCK_KEYS.map(
  (key) => `  <property>
    <name>${key}</name>
    <value>*</value>
    <description>ACL for a protocol.
    The ACL is a comma-separated list of user and group names. For e.g. "alice,bob users,wheel".
    A special value of "*" means all users are allowed.</description>
  </property>
`,
).join('\n')}
</configuration>
`

withHadoop('the policy that comes with Hadoop', (hadoop) => {
  let keddah: Keddah
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [
        { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode },
        { name: 'resourcemanager', kind: 'resourcemanager', upstream: hadoop.resourceManager },
      ],
      policy: STOCK_POLICY,
    })
  })
  afterAll(async () => keddah?.stop())

  test('loads, and there is nothing to say against it', async () => {
    const ready = await ask(keddah.admin, 'GET', '/readyz')
    expect(ready.status).toBe(200)
    expect(JSON.parse(ready.text)).toMatchObject({ ready: true, reasons: [] })
    expect(ready.text).not.toContain('finding')
  })

  test.each(['root', 'alice', 'mallory'])('lets %s do everything that the daemons allow', async (user) => {
    const nameNode = keddah.url('namenode')
    const file = `/open/stock-${user}`
    for (const [method, target, status] of [
      ['PUT', webHdfs(file, 'op=MKDIRS'), 200],
      ['GET', webHdfs(file, 'op=LISTSTATUS'), 200],
      ['PUT', webHdfs(`${file}/f`, 'op=CREATE'), 307],
      ['DELETE', webHdfs(file, 'op=DELETE&recursive=true'), 200],
      ['GET', '/explorer.html?', 200],
      ['GET', '/jmx?', 200],
      ['GET', '/conf?', 200],
      ['GET', '/stacks?', 200],
      ['GET', '/fsck?path=/open', 200],
    ] as const) {
      const answer = await ask(nameNode, method, `${target}&user.name=${user}`)
      expect(answer.status, `${method} ${target}`).toBe(status)
    }
    const resourceManager = keddah.url('resourcemanager')
    const id = await newApplication(resourceManager, user)
    expect((await submit(resourceManager, id, user)).status).toBe(202)
    expect(fieldOf(await application(resourceManager, id, user), 'user')).toBe(user)
    expect([200, 202]).toContain((await kill(resourceManager, id, user)).status)
    for (const page of ['/cluster', '/logs/', '/conf']) {
      expect((await ask(resourceManager, 'GET', `${page}?user.name=${user}`)).status, `page ${page}`).toBe(
        200,
      )
    }
  })
})
