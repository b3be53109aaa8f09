import { ask } from './ask.ts'
import type { Keddah } from './keddah.ts'

/** Values of a metric at this moment: what stands between the braces, and the number. Empty: it has no such line. */
export async function metricOf(keddah: Keddah, name: string): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask(keddah.admin, 'GET', '/metrics')
  const lines = text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm'))
  return new Map([...lines].map(([, labels, value]) => [labels ?? '', Number(value)]))
}
