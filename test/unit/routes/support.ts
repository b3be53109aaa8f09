import { ProtocolError } from '../../../src/errors.ts'
import { canonicalTarget, takeIdentityParameters, targetText } from '../../../src/routes/target.ts'

/** What a call answers, or `CODE reason` of the protocol error it ends in; any other error is passed on. */
export function outcome<T>(call: () => T): T | string {
  try {
    return call()
  } catch (error) {
    if (error instanceof ProtocolError) return `${error.code} ${error.reason}`
    throw error
  }
}

/** The canonical form of a target as text, or the error. */
export const canonical = (raw: string): string =>
  outcome(() => {
    const { path, query } = canonicalTarget(raw)
    return query === '' ? path : `${path}?${query}`
  })

/** What goes to the upstream for a request of alice's, or the error. */
export const sent = (raw: string): string =>
  outcome(() =>
    targetText(takeIdentityParameters(canonicalTarget(raw)).rest, { userName: 'alice', doAs: null }),
  )
