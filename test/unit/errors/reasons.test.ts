import { readdirSync, readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../../src/errors.ts'
import { DECISION_REASONS } from '../../../src/errors/decision-reasons.ts'
import { FAILURE_REASONS } from '../../../src/errors/failure-reasons.ts'
import { MESSAGE_REASONS } from '../../../src/errors/message-reasons.ts'
import { REASONS, statusOf } from '../../../src/errors/reasons.ts'
import { TARGET_REASONS } from '../../../src/errors/target-reasons.ts'

const SRC = resolve(import.meta.dirname, '../../../src')

/** Everything but the registry itself. */
const code = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('errors/'))
  .map((name) => readFileSync(join(SRC, name), 'utf8'))
  .join('\n')

/** Words that are put together: the kind of a fault, the part of a target. */
const pieceOf = (reason: string): string => reason.replace(/^upstream_/, '').replace(/_too_long$/, '')

describe('the registry of reasons', () => {
  test('has each word in one table only', () => {
    const tables = [DECISION_REASONS, MESSAGE_REASONS, TARGET_REASONS, FAILURE_REASONS]
    const words = tables.flatMap((table) => Object.keys(table))
    expect(words.toSorted()).toEqual(Object.keys(REASONS).toSorted())
  })

  test.each(Object.entries(REASONS))('%s can be documented, and somebody gives it', (reason, entry) => {
    expect(reason).toMatch(/^[a-z0-9]+(?:_[a-z0-9]+)*$/)
    expect(entry.meaning).toMatch(/^\S.*[^.\s]$/)
    expect(entry.remedy).toMatch(/^\S.*[^.\s]$/)
    expect(code).toContain(`'${pieceOf(reason)}'`)
  })

  test('a refusal has the status of an error; only what allows has none', () => {
    const entries = Object.entries(REASONS)
    const without = entries.filter(([, { status }]) => status === null).map(([reason]) => reason)
    expect(without).toEqual(['allowed', 'exempt', 'authorization_off'])
    const statuses = new Set(entries.flatMap(([, { status }]) => status ?? []))
    expect([...statuses].filter((status) => status < 400 || STATUS_CODES[status] === undefined)).toEqual([])
  })

  // Nothing is let through because a refusal was given the word of an allow.
  test('to refuse with the word of an allow is a defect of ours', () => {
    expect(statusOf('allowed')).toBe(500)
  })

  test('a misspelt reason does not compile', () => {
    // @ts-expect-error the word is `above_root`
    const error = new ProtocolError('ERR_HTTP_TARGET', 'above_rot', 'the path leads above the root')
    expect(error.reason).toBe('above_rot')
  })
})
