/** What a contender gets to make its command from: an empty folder, its port and the backend. */
export interface Place {
  readonly dir: string
  readonly port: number
  readonly upstream: string
}

/**
 * One row of the benchmark.
 *
 * `refuses` says whether it enforces the rules (alice and bob may, mallory may not, 127.0.0.66 is blocked), which
 * the correctness check asserts; a contender that authorizes nothing does less work and is marked so.
 */
export interface Contender {
  readonly name: string
  readonly refuses: boolean
  /** Null where it can run here, else the reason why not. */
  unavailable(): string | null
  command(place: Place): { file: string; args: string[] }
}
