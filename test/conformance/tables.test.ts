import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { SERVICE_DEFINITIONS, SHIPPED_KEYS } from '../../src/hadoop/services.ts'

const TABLES = resolve(import.meta.dirname, 'tables')
const SHARED = resolve(import.meta.dirname, '../../../shared/spec')

const PROVIDERS = z.object({
  services: z.array(
    z.object({
      provider: z.string(),
      key: z.string(),
      protocolClass: z.string(),
      wireProtocolName: z.string(),
      servedBy: z.string(),
      inShippedPolicyFile: z.boolean(),
      clientPrincipalProperty: z.string().optional(),
    }),
  ),
  shippedKeys: z.array(z.string()),
})

const { services, shippedKeys } = PROVIDERS.parse(
  JSON.parse(readFileSync(join(TABLES, 'hadoop-policy-providers.json'), 'utf8')),
)

test('the tables are those of the specification', () => {
  if (!existsSync(SHARED)) {
    console.log(`${relative(process.cwd(), SHARED)} is not there: nothing to compare the tables with`)
    return
  }
  const different = readdirSync(TABLES).filter(
    (name) => !readFileSync(join(TABLES, name)).equals(readFileSync(join(SHARED, name))),
  )
  expect(different, 'copy them again').toEqual([])
})

describe('the registry of services', () => {
  test('has every row of the policy providers of Hadoop, in their order, and two keys of our own', () => {
    expect(services).toHaveLength(38)
    const theirs = services.map((row) => ({
      key: row.key,
      protocol: row.protocolClass,
      provider: row.provider,
      daemon: row.servedBy,
      clientPrincipalProperty: row.clientPrincipalProperty ?? null,
      shipped: row.inShippedPolicyFile,
    }))
    expect(SERVICE_DEFINITIONS.filter(({ provider }) => provider !== 'Keddah')).toEqual(theirs)
    expect(SERVICE_DEFINITIONS.slice(theirs.length).map(({ key }) => key)).toEqual([
      'security.kms.protocol.acl',
      'security.admin.operations.protocol.acl',
    ])
  })

  test('knows a protocol by its name on the wire, which is that of its class', () => {
    expect(services.filter((row) => row.wireProtocolName !== row.protocolClass)).toEqual([])
  })

  test('has the keys that Hadoop ships', () => {
    expect([...SHIPPED_KEYS].toSorted()).toEqual(shippedKeys.toSorted())
  })
})
