import type { Flaw } from './check-settings.ts'
import { listAt, member } from './document.ts'
import type { Step } from './yaml-text.ts'

/** Kinds whose servers say which of them is active. */
const WITH_ACTIVE: readonly unknown[] = ['namenode', 'router', 'resourcemanager']

/** A server that stands twice among the upstreams, and a search for the active one where there is nothing to find. */
export function pairFlaws(service: unknown, path: readonly Step[]): Flaw[] {
  const upstreams = listAt(service, 'upstreams')
  const seen = new Set<string>()
  const flaws = upstreams.flatMap((upstream, index): Flaw[] => {
    const origin = URL.parse(String(upstream))?.origin
    if (origin === undefined) return []
    const isNew = !seen.has(origin)
    seen.add(origin)
    if (isNew) return []
    const message = `\`${String(upstream)}\` stands twice`
    return [
      {
        path: [...path, 'upstreams', index],
        part: 'value',
        code: 'repeated',
        message,
        hint: 'name each server once',
      },
    ]
  })
  const kind = member(service, 'kind')
  if (member(service, 'highAvailability') === undefined || typeof kind !== 'string') return flaws
  const useless = (message: string): Flaw => ({
    path: [...path, 'highAvailability'],
    part: 'key',
    code: 'bad_value',
    message,
    hint: 'remove it',
  })
  if (!WITH_ACTIVE.includes(kind))
    flaws.push(useless(`of servers of kind \`${kind}\` none is the active one`))
  else if (upstreams.length === 1) flaws.push(useless('there is one upstream only, and no other to go to'))
  return flaws
}
