import { Registry } from 'prom-client'
import { type ExportedMetrics, type Merge, mergeSeries, type Series } from './merge.ts'

/** One metric of this thread. `read` gives its series as they are at this moment. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly merge: Merge
  readonly read: () => readonly Series[]
}

/** A registry of metrics whose values are cells of ours, and may come from several threads. */
export class CellRegistry extends Registry {
  readonly #families: Family[] = []
  #others: readonly ExportedMetrics[] = []

  add(family: Family): void {
    this.#families.push(family)
  }

  /** The series of a metric, those of the other threads merged into them. */
  merged({ name, merge, read }: Family): readonly Series[] {
    return mergeSeries(merge, [read(), ...this.#others.map((other) => other.get(name) ?? [])])
  }

  /** All metrics as text, with what other threads have exported. */
  async textWith(others: readonly ExportedMetrics[]): Promise<string> {
    this.#others = others
    return this.metrics()
  }

  /** What the main thread adds to its own: everything, or only what was counted and must not be lost. */
  export(what: 'all' | 'counts'): ExportedMetrics {
    const wanted = this.#families.filter(
      ({ type, merge }) => merge !== 'main' && (what === 'all' || type !== 'gauge'),
    )
    return new Map(wanted.map(({ name, read }) => [name, read()]))
  }
}
