import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Names } from './compile-hadoop.ts'
import { fileNamesOf } from './hadoop-files.ts'
import { type HadoopJob, type HadoopOutcome, runHadoopJob } from './hadoop-job.ts'
import type { FromThread, ToThread } from './hadoop-thread.ts'

/** Files of so many bytes, all together, are read in the time that a thread takes to start. */
const MAX_HERE_BYTES = 262_144

const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? './hadoop-thread.ts' : './hadoop-thread.js',
  import.meta.url,
)

/** Does a job: here where the files are small, else in a thread of its own, so that requests go on meanwhile. */
export async function loadInTime(job: HadoopJob, names: Names): Promise<HadoopOutcome> {
  const isSmall = (await sizeOf(job)) <= MAX_HERE_BYTES
  return isSmall ? runHadoopJob(job, names) : runInThread(job, names)
}

async function sizeOf({ source: { hadoop } }: HadoopJob): Promise<number> {
  const sizes = fileNamesOf(hadoop).map(async (name) => {
    try {
      return (await stat(join(hadoop.confDir, name))).size
    } catch {
      // Whatever it is, reading will say it.
      return 0
    }
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/**
 * Does a job in a thread that ends with it. Host names are looked up here, where the last good addresses are known.
 *
 * Errors: rejects where the thread dies, for want of memory for example.
 */
export async function runInThread(job: HadoopJob, names: Names): Promise<HadoopOutcome> {
  const worker = new Worker(THREAD, { workerData: job })
  const send = (message: ToThread): void => worker.postMessage(message)
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'done') resolve(message.outcome)
        else
          names
            .resolveAll(message.names, message.keepLastGood)
            .then((resolved) => send({ kind: 'resolved', resolved }), reject)
      })
      worker.on('error', reject)
      worker.on('exit', (code) => reject(new Error(`the thread that loads the policy ended with ${code}`)))
    })
  } finally {
    await worker.terminate()
  }
}
