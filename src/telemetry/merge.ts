/**
 * One time series as plain values, on its way to another thread.
 *
 * Shape: `values` is the value of a counter or gauge; of a histogram the counts, one a bucket, and the sum.
 */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly values: readonly number[]
}

/** What one thread has counted, by the name of the metric. */
export type ExportedMetrics = ReadonlyMap<string, readonly Series[]>

/**
 * How the values of several workers become one: together, the largest, or that of the main thread alone, for what is
 * one in the whole process.
 */
export type Merge = 'sum' | 'max' | 'main'

const add = (one: number, other: number): number => one + other

/** Makes one list of several; series of the same labels become one. */
export function mergeSeries(how: Merge, lists: readonly (readonly Series[])[]): readonly Series[] {
  const [first = [], ...others] = lists
  if (how === 'main' || others.every((list) => list.length === 0)) return first
  const merged = new Map<string, { readonly labels: Series['labels']; readonly values: number[] }>()
  for (const { labels, values } of lists.flat()) {
    const key = JSON.stringify(Object.values(labels))
    const known = merged.get(key)
    if (known === undefined) merged.set(key, { labels, values: [...values] })
    else
      for (const [index, value] of values.entries())
        known.values[index] = (how === 'sum' ? add : Math.max)(known.values[index] ?? 0, value)
  }
  return [...merged.values()]
}

/** What two threads have counted together; for counters and histograms. */
export function addCounts(one: ExportedMetrics, other: ExportedMetrics): ExportedMetrics {
  const names = new Set([...one.keys(), ...other.keys()])
  return new Map(
    [...names].map((name) => [name, mergeSeries('sum', [one.get(name) ?? [], other.get(name) ?? []])]),
  )
}
