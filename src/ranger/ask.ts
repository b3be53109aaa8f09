/**
 * What a request does to which resources, as its route and its target say; the words of Ranger's service definitions.
 */

/**
 * One thing that is asked about a resource.
 *
 * Shape: `resource` by the names of the service definition, `path` or `queue`. `accessTypes` as in Ranger: one, or a
 * combination in which `execute` only has to be not denied. `needs`: `allow`, or `no_deny` where only an explicit deny
 * counts. `shown` is the access in Hadoop's words, for the message of a refusal (`READ_EXECUTE`).
 */
export interface ResourceAsk {
  readonly resource: ReadonlyMap<string, string>
  readonly accessTypes: readonly string[]
  readonly needs: 'allow' | 'no_deny'
  readonly shown: string
}

/**
 * All that is asked about a request.
 *
 * Shape: `asks` empty: no resource is concerned. `unknown`: what it does could not be told (an operation without a row, a
 * queue that stands nowhere): the setting `unknownOp` of the component says what counts. `action` is the operation in the
 * words of Ranger's audit, such as `open` or `SUBMIT_APP`.
 */
export interface ResourceAsks {
  readonly asks: readonly ResourceAsk[]
  readonly isUnknown: boolean
  readonly action: string
}

/**
 * By which names policies know queues.
 *
 * Shape: `full`: by their paths from the root, `asSubmitted`: as applications name them. `paths` has the path of each
 * queue that is known by a shorter name.
 */
export interface QueueNames {
  readonly names: 'full' | 'asSubmitted'
  readonly paths: ReadonlyMap<string, string>
}
