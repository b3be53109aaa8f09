import { describe, expect, test } from 'vitest'
import { policyText } from '../../../src/cli/policy-text.ts'

describe('a policy in force whose last refresh failed', () => {
  const shown = (loadedAt: string): string => {
    const time = '2026-01-01T00:00:01.000Z'
    const lastFailure = { time, trigger: 'signal', code: 'ERR_POLICY_XML', problems: [] }
    return policyText({ revision: 'r', loadedAt, services: [], findings: [], lastFailure })
  }

  test('is that from before it', () => {
    expect(shown('2026-01-01T00:00:00.000Z')).toContain('with ERR_POLICY_XML; this policy stayed in force:')
  })

  // `keddah refresh service-acl` mends the policy, and not the settings that a signal could not load.
  test('is partly a newer one where a part was loaded since', () => {
    const text = shown('2026-01-01T00:00:02.000Z')
    expect(text).toContain('with ERR_POLICY_XML; only a part of what it asked for was loaded since:')
    expect(text).not.toContain('stayed')
  })
})

describe('the policies of Ranger', () => {
  const shown = (changes: object): string => {
    const own = {
      component: 'HDFS',
      serviceName: 'cm_hdfs',
      source: '/x.json',
      version: 7,
      policies: 2,
      ageSeconds: 61.2,
    }
    return policyText({
      revision: 'r',
      services: [],
      findings: [],
      resourcePolicies: [{ ...own, ...changes }],
    })
  }

  test('are shown with service, version, number, age and source', () => {
    expect(shown({})).toContain(
      '  HDFS           service "cm_hdfs", version 7, 2 policies, 61 s old, from "/x.json"\n',
    )
  })

  test('that have not come are told', () => {
    expect(shown({ version: null, policies: 0, ageSeconds: null })).toContain(
      'none have come, from "/x.json"\n',
    )
  })

  test('attack: the address of a source draws lines of its own', () => {
    expect(shown({ source: 'a\nrevision forged' })).not.toContain('\nrevision forged')
  })
})
