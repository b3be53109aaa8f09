import { expect, test } from 'vitest'
import { ask, webHdfs } from '../support/hadoop/ask.ts'
import { runClient } from '../support/hadoop/client.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

withHadoop('the daemons behind these tests', (hadoop) => {
  test('are of the version that they are taken for', async () => {
    const nameNode = await ask(hadoop.nameNode, 'GET', '/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo')
    expect(nameNode.text).toContain(`"SoftwareVersion" : "${hadoop.version}"`)
    const resourceManager = await ask(hadoop.resourceManager, 'GET', '/ws/v1/cluster/info')
    expect(resourceManager.text).toContain(`"hadoopVersion":"${hadoop.version}"`)
    const nodeManager = await ask(hadoop.nodeManager, 'GET', '/ws/v1/node/info')
    expect(nodeManager.text).toContain(`"hadoopVersion":"${hadoop.version}"`)
    expect(
      (await ask(hadoop.dataNode, 'GET', '/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo')).status,
    ).toBe(200)
  })

  test('shut mallory out of RPC and leave WebHDFS open to her', async () => {
    const { status, stderr } = await runClient(hadoop, 'mallory', 'org.apache.hadoop.fs.FsShell', [
      '-ls',
      '/',
    ])
    expect(status).toBe(1)
    expect(stderr).toContain(
      'ls: User mallory (auth:SIMPLE) is not authorized for protocol interface ' +
        'org.apache.hadoop.hdfs.protocol.ClientProtocol: denied by configured ACL',
    )
    const answer = await ask(hadoop.nameNode, 'GET', webHdfs('/', 'op=LISTSTATUS&user.name=mallory'))
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('"pathSuffix":"open"')
  })
})
