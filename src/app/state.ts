import type { LoadedState } from '../config/refresher.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import type { Prepared } from './prepare.ts'

/** Everything in force at a time. */
export type State = LoadedState<Snapshot, Prepared>
