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
