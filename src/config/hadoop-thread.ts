/** The thread of one job: takes it from `workerData`, leaves the outcome as a message. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { Names } from './compile-hadoop.ts'
import { type HadoopJob, type HadoopOutcome, runHadoopJob } from './hadoop-job.ts'
import type { ResolvedNames } from './host-names.ts'

/** What the thread says: that it is done, or that it needs addresses. */
export type FromThread =
  | { readonly kind: 'done'; readonly outcome: HadoopOutcome }
  | { readonly kind: 'resolve'; readonly names: readonly string[]; readonly keepLastGood: boolean }

/** What the thread is told. */
export interface ToThread {
  readonly kind: 'resolved'
  readonly resolved: ResolvedNames
}

const port = parentPort
if (port === null) throw new Error('this file is the main file of a thread')

const names: Names = {
  async resolveAll(asked, keepLastGood) {
    const ask: FromThread = { kind: 'resolve', names: asked, keepLastGood }
    port.postMessage(ask)
    const [message] = (await once(port, 'message')) as [ToThread]
    return message.resolved
  },
}
const done: FromThread = { kind: 'done', outcome: await runHadoopJob(workerData as HadoopJob, names) }
port.postMessage(done)
