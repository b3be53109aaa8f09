import { afterEach } from 'vitest'
import { type DoorOptions, openDoor, type TestDoor } from './door.ts'
import { type RawUpstream, startRawUpstream, startUpstream, type Upstream } from './upstream.ts'

const opened: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** Has something closed after the test. */
export function closeAfterTest(close: () => Promise<void>): void {
  opened.push(close)
}

type Answer = Parameters<typeof startUpstream>[0]

/** A listener in front of an upstream; both are closed after the test. */
export async function openBefore(
  answer?: Answer,
  options: Partial<DoorOptions> = {},
): Promise<{ door: TestDoor; upstream: Upstream }> {
  const upstream = await startUpstream(answer)
  const door = await openDoor({ upstreams: [upstream.url], ...options })
  opened.push(door.stop, upstream.close)
  return { door, upstream }
}

/** A listener in front of a raw upstream; both are closed after the test. */
export async function openBeforeRaw(
  serve: Parameters<typeof startRawUpstream>[0],
  options: Partial<DoorOptions> = {},
): Promise<{ door: TestDoor; upstream: RawUpstream }> {
  const upstream = await startRawUpstream(serve)
  const door = await openDoor({ upstreams: [upstream.url], ...options })
  opened.push(door.stop, upstream.close)
  return { door, upstream }
}
