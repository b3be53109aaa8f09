import { ProtocolError } from '../../src/errors.ts'
import { canonicalTarget, takeIdentityParameters, targetText } from '../../src/routes/target.ts'
import { createRouteTable, type RouteTable } from '../../src/routes/table.ts'
import { readJavaTarget } from '../support/wire/java-target.ts'
import { chanceOf } from './chance.ts'
import { damaged } from './bytes.ts'
import { targetOf } from './targets.ts'

const routes: RouteTable = createRouteTable('namenode')
const OWN = { userName: 'alice', doAs: null }
const METHODS = ['GET', 'PUT', 'POST', 'DELETE']

/** Targets without a connection, which are many more: what is sent means, to Java, what was decided on. */
export function targetFaults(number: number, count: number): readonly string[] {
  const chance = chanceOf(~number)
  const wrong: string[] = []
  for (let at = 0; at < count; at += 1) {
    const method = chance.pick(METHODS)
    const target = targetOf(chance, method)
    const raw = chance.oneIn(3) ? damaged(chance, target) : target
    const why = faultOf(method, raw)
    if (why !== null) wrong.push(`${why}: ${method} ${JSON.stringify(raw)}`)
  }
  return wrong
}

function faultOf(method: string, raw: string): string | null {
  let text: string
  let decided: { readonly op: string | null; readonly isFile: boolean; readonly segments: readonly string[] }
  try {
    const whole = canonicalTarget(raw)
    const { rest } = takeIdentityParameters(whole)
    text = targetText(rest, OWN)
    const match = routes.match(method, rest)
    if (match.kind !== 'route') return null
    const { service, op } = match.route
    decided = { op, isFile: service === 'security.client.protocol.acl', segments: whole.segments }
  } catch (error) {
    if (error instanceof ProtocolError) return null
    return `threw ${String(error)}`
  }
  const { segments, reserved, isResolved, doubts } = readJavaTarget(text)
  if (!isResolved) return `sent as ${text}, with a dot segment`
  if (doubts.length > 0) return `sent as ${text}, which is ${doubts.join()}`
  if (segments.join('/') !== decided.segments.join('/')) return `sent as ${text}, another path`
  const isFile = segments[0] === 'webhdfs' && segments[1] === 'v1'
  if (isFile && !decided.isFile) return `sent as ${text}, a file, and decided on as none`
  if (isFile && (reserved.get('op') ?? '').toUpperCase() !== decided.op)
    return `sent as ${text}, another operation`
  if (reserved.get('user.name') !== 'alice' || reserved.has('doas')) return `sent as ${text}, another user`
  // What was sent is read again by Keddah itself as the same.
  return readAgain(text) === text ? null : `sent as ${text}, and not read again as that`
}

function readAgain(text: string): string | null {
  try {
    return targetText(takeIdentityParameters(canonicalTarget(text)).rest, OWN)
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
