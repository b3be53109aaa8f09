/**
 * Loaded before the product (`--import`), in the main thread and in every worker: lets a test do to one worker what
 * happens to a process now and then. The product has no such thing.
 */
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads'

/** What can be done to the worker of that number. */
export interface Ill {
  readonly worker: number
  readonly kind: 'outOfMemory' | 'standStill' | 'exit' | 'throw'
}

const ILLS: Readonly<Record<Ill['kind'], () => void>> = {
  outOfMemory: () => {
    const all: object[] = []
    for (;;) all.push(Array.from({ length: 1_000 }, (_, index) => ({ index })))
  },
  standStill: () => {
    for (;;);
  },
  exit: () => process.exit(7),
  throw: () => {
    setImmediate(() => {
      throw new Error('thrown by nobody')
    })
  },
}

const channel = new BroadcastChannel('ills')
channel.unref()
if (isMainThread) {
  process.on('message', (ill) => channel.postMessage(ill))
  process.channel?.unref()
} else {
  const { id } = workerData as { readonly id?: number }
  channel.addEventListener('message', (event: unknown) => {
    const { worker, kind } = (event as { readonly data: Ill }).data
    if (worker === id) ILLS[kind]()
  })
}
