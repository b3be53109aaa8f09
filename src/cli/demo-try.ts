import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Output } from './command.ts'
import { ALLOWED, WITHOUT_ALICE } from './demo-files.ts'
import { curlLine, type DemoRequest, type DemoRequests } from './demo-requests.ts'
import { ask, type HttpAnswer } from './http-client.ts'

const PATIENCE_MS = 30_000
const BETWEEN_MS = 50
const MAX_SHOWN = 200

/** What a request of the demo led to. */
export interface Tried {
  readonly title: string
  readonly request: string
  readonly status: number
  readonly reason: string | null
  readonly body: string
  readonly asAnnounced: boolean
}

/**
 * Runs the requests of the demo, the change of the policy included, and hands each with its answer to `show`.
 *
 * Shape: false as soon as one did not do what its title says; the others are run all the same.
 */
export async function tryRequests(
  requests: DemoRequests,
  policyFile: string,
  adminUrl: string,
  show: (tried: Tried) => Promise<unknown>,
): Promise<boolean> {
  let isGood = true
  const run = async (request: DemoRequest): Promise<void> => {
    const tried = await tryOne(request)
    isGood &&= tried.asAnnounced
    await show(tried)
  }
  for (const request of requests.first) await run(request)
  isGood = (await edit(policyFile, ALLOWED, WITHOUT_ALICE, adminUrl)) && isGood
  await run(requests.afterEdit)
  isGood = (await edit(policyFile, WITHOUT_ALICE, ALLOWED, adminUrl)) && isGood
  await run(requests.afterUndo)
  return isGood
}

/** Prints a request as people read it. */
export function showTried(stdout: Output): (tried: Tried) => Promise<unknown> {
  return ({ title, request, status, reason, body, asAnnounced }) => {
    const why = reason === null ? '' : `  X-Keddah-Reason: ${reason}`
    const shown = body.length > MAX_SHOWN ? `${body.slice(0, MAX_SHOWN)}…` : body
    const verdict = asAnnounced ? '' : '  NOT AS ANNOUNCED\n'
    return stdout.write(`# ${title}\n${request}\n  ${status}${why}\n  ${shown.trim()}\n${verdict}\n`)
  }
}

async function tryOne({ title, method, url, status, reason }: DemoRequest): Promise<Tried> {
  const answer = await ask({ method, url, headers: method === 'GET' ? {} : { 'Content-Length': '0' } })
  const given = reasonOf(answer)
  return {
    title,
    request: curlLine({ method, url }),
    status: answer.status,
    reason: given,
    body: answer.body,
    asAnnounced: answer.status === status && given === reason,
  }
}

const reasonOf = ({ headers }: HttpAnswer): string | null => {
  const reason = headers['x-keddah-reason']
  return typeof reason === 'string' ? reason : null
}

/** Changes the policy as an editor does, and waits until the file watch has taken it up. */
async function edit(policyFile: string, from: string, to: string, adminUrl: string): Promise<boolean> {
  const before = await revisionAt(adminUrl)
  const text = readFileSync(policyFile, 'utf8')
  writeFileSync(`${policyFile}.new`, text.replaceAll(`<value>${from}<`, `<value>${to}<`))
  renameSync(`${policyFile}.new`, policyFile)
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    if ((await revisionAt(adminUrl)) !== before) return true
    await sleep(BETWEEN_MS)
  }
  return false
}

async function revisionAt(adminUrl: string): Promise<unknown> {
  const { body } = await ask({ method: 'GET', url: `${adminUrl}/admin/v1/policy` })
  const policy: unknown = JSON.parse(body)
  return typeof policy === 'object' && policy !== null && 'revision' in policy ? policy.revision : null
}
