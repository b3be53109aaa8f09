import { describe, expect, test } from 'vitest'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { dataNodePorts, isNameNode, nameNodesIn, nameNodesOf } from '../../../src/hadoop/hdfs-addresses.ts'
import { xml } from '../config/support.ts'

const of = (properties: Readonly<Record<string, string>>): Configuration =>
  Configuration.of([parseConfigurationXml(xml(properties), '/conf/hdfs-site.xml')])

describe('the NameNodes of a configuration', () => {
  test('are those of every RPC address, the name services, and the default file system', () => {
    const names = nameNodesIn(
      of({
        'fs.defaultFS': 'hdfs://Cluster1',
        'dfs.nameservices': 'cluster1, cluster2',
        'dfs.namenode.rpc-address.cluster1.nn1': 'nn1.example.com:8020',
        'dfs.namenode.rpc-address.cluster1.nn2': 'NN2.example.com:9000',
        'dfs.namenode.servicerpc-address.cluster1.nn1': 'nn1.example.com:8040',
        'dfs.federation.router.rpc-address': 'router1:8888',
        'dfs.namenode.http-address': 'nn1.example.com:9870',
      }),
    )
    expect([...names].sort()).toEqual([
      'cluster1',
      'cluster2',
      'nn1.example.com:8020',
      'nn1.example.com:8040',
      'nn2.example.com:9000',
      'router1:8888',
    ])
  })

  test('have the usual port where an address has none', () => {
    const names = nameNodesIn(of({ 'fs.defaultFS': 'hdfs://nn1' }))
    expect(isNameNode(names, 'nn1:8020')).toBe(true)
    expect(isNameNode(names, 'NN1')).toBe(true)
    expect(isNameNode(names, 'nn1:8021')).toBe(false)
  })

  test.each([{}, { 'fs.defaultFS': 'file:///' }, { 'fs.defaultFS': 's3a://nn1/' }])(
    'are none in %j',
    (properties) => expect(nameNodesIn(of(properties)).size).toBe(0),
  )
})

test('a written list is taken as it is', () => {
  const names = nameNodesOf(['NN1:8020', 'cluster1'], new Set())
  for (const value of ['nn1:8020', 'cluster1', 'CLUSTER1']) expect(isNameNode(names, value)).toBe(true)
  for (const value of ['', 'nn1:80', 'nn1:8020.evil', 'cluster1:1', 'xcluster1', 'nn1:8020,evil:1'])
    expect(isNameNode(names, value)).toBe(false)
})

test('the ports of DataNodes are those of the configuration, else the usual ones', () => {
  expect(dataNodePorts(of({}))).toEqual([9864, 9865])
  expect(dataNodePorts(of({ 'dfs.datanode.http.address': '0.0.0.0:1006' }))).toEqual([1006, 9865])
  expect(dataNodePorts(of({ 'dfs.datanode.https.address': 'x:99999' }))).toEqual([9864, 9865])
})
