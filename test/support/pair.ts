import { type DoorOptions, openDoor, type TestDoor } from './door.ts'
import { type PairServer, startPairServer } from './ha.ts'
import { closeAfterTest } from './opened.ts'

/** A listener before two stand-ins; all three are closed after the test. */
export interface Pair {
  readonly door: TestDoor
  readonly first: PairServer
  readonly second: PairServer
}

/** Opens a listener before a pair, the first of which is active; probes come only when there is a reason. */
export async function openPair(options: Partial<DoorOptions> = {}): Promise<Pair> {
  const first = await startPairServer('first', 'active')
  const second = await startPairServer('second', 'standby')
  const door = await openDoor({
    upstreams: [first.url, second.url],
    ...options,
    highAvailability: { probe: 3_600_000, ...options.highAvailability },
  })
  closeAfterTest(first.kill)
  closeAfterTest(second.kill)
  closeAfterTest(door.stop)
  return { door, first, second }
}

/** Has another one be the active one. */
export const promote = (to: PairServer, from: PairServer): void => {
  from.role = 'standby'
  to.role = 'active'
}
