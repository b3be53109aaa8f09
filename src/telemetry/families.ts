import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { MetricDeclaration } from './declarations.ts'

/** More children than this mean that a label was given something unbounded; they share one child named `other`. */
const MAX_CHILDREN = 1_000

/**
 * One time series. Counting is an addition to a field: prom-client hashes the labels at every call, which costs
 * more than a decision does, so the values are handed to it at the scrape only.
 */
export class NumberCell {
  readonly labels: Record<string, string>
  value = 0

  constructor(labels: Record<string, string>) {
    this.labels = labels
  }
}

/** One time series of a histogram; `counts` holds one more number than there are bounds, for `+Inf`. */
export class HistogramCell {
  readonly labels: Record<string, string>
  readonly counts: number[]
  sum = 0
  readonly #bounds: readonly number[]

  constructor(labels: Record<string, string>, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let index = 0
    while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1
    this.counts[index] = (this.counts[index] ?? 0) + 1
    this.sum += value
  }
}

type Tree<C> = Map<string, Tree<C> | C>

/** The children of one metric, found by their label values one level at a time, so that no key is built. */
export class Children<C extends object> {
  readonly #names: readonly string[]
  readonly #make: (labels: Record<string, string>) => C
  readonly #tree: Map<string, Tree<C> | C> = new Map()
  readonly #all: C[] = []

  constructor(names: readonly string[], make: (labels: Record<string, string>) => C) {
    this.#names = names
    this.#make = make
  }

  /** The child with these label values, in the declared order; made at first use. */
  child(...values: readonly string[]): C {
    let node: Tree<C> | C | undefined = this.#tree
    for (const value of values) node = node instanceof Map ? node.get(value) : undefined
    return node === undefined || node instanceof Map ? this.#add(values) : node
  }

  all(): readonly C[] {
    return this.#all
  }

  /** Forgets every child; for gauges whose labels change, such as a revision. */
  clear(): void {
    this.#tree.clear()
    this.#all.length = 0
  }

  #add(given: readonly string[]): C {
    const values = this.#all.length < MAX_CHILDREN ? given : given.map(() => 'other')
    let node = this.#tree
    for (const value of values.slice(0, -1)) {
      const next = node.get(value)
      const branch: Tree<C> = next instanceof Map ? next : new Map()
      node.set(value, branch)
      node = branch
    }
    const last = values.at(-1) ?? ''
    const known = node.get(last)
    if (known !== undefined && !(known instanceof Map)) return known
    const made = this.#make(Object.fromEntries(this.#names.map((name, index) => [name, values[index] ?? ''])))
    node.set(last, made)
    this.#all.push(made)
    return made
  }
}

/** Registers a counter whose children are cells; `before` runs at every scrape, to bring them up to date. */
export function counterOf(
  register: Registry,
  declaration: MetricDeclaration,
  before: (children: Children<NumberCell>) => void = () => {},
): Children<NumberCell> {
  const children = new Children(declaration.labels, (labels) => new NumberCell(labels))
  const counter: Counter = new Counter({
    name: declaration.name,
    help: declaration.help,
    labelNames: [...declaration.labels],
    registers: [register],
    collect() {
      before(children)
      counter.reset()
      for (const cell of children.all()) counter.inc(cell.labels, cell.value)
    },
  })
  if (declaration.labels.length === 0) children.child()
  return children
}

/** Registers a gauge whose children are cells; `before` runs at every scrape, to bring them up to date. */
export function gaugeOf(
  register: Registry,
  declaration: MetricDeclaration,
  before: (children: Children<NumberCell>) => void = () => {},
): Children<NumberCell> {
  const children = new Children(declaration.labels, (labels) => new NumberCell(labels))
  const gauge: Gauge = new Gauge({
    name: declaration.name,
    help: declaration.help,
    labelNames: [...declaration.labels],
    registers: [register],
    collect() {
      before(children)
      gauge.reset()
      for (const cell of children.all()) gauge.set(cell.labels, cell.value)
    },
  })
  if (declaration.labels.length === 0) children.child()
  return children
}

interface Sample {
  readonly metricName: string
  readonly labels: Record<string, string | number>
  readonly sharedLabels: Record<string, string>
  readonly value: number
}

/** A histogram of prom-client that exports our cells; `getForPromString` is what its registry and `get` call. */
class CellHistogram extends Histogram {
  readonly children: Children<HistogramCell>
  readonly #declaration: MetricDeclaration

  constructor(register: Registry, declaration: MetricDeclaration) {
    const buckets = declaration.buckets ?? []
    super({
      name: declaration.name,
      help: declaration.help,
      labelNames: [...declaration.labels],
      buckets: [...buckets],
      registers: [register],
    })
    this.#declaration = declaration
    this.children = new Children(declaration.labels, (labels) => new HistogramCell(labels, buckets))
    if (declaration.labels.length === 0) this.children.child()
  }

  async getForPromString(): Promise<{ name: string; help: string; type: string; values: Sample[] }> {
    const { name, help, buckets = [] } = this.#declaration
    const values = this.children.all().flatMap((cell): Sample[] => {
      const sharedLabels = cell.labels
      let count = 0
      const samples = [...buckets, '+Inf'].map((le, index): Sample => {
        count += cell.counts[index] ?? 0
        return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count }
      })
      samples.push({ metricName: `${name}_sum`, labels: {}, sharedLabels, value: cell.sum })
      samples.push({ metricName: `${name}_count`, labels: {}, sharedLabels, value: count })
      return samples
    })
    return { name, help, type: 'histogram', values }
  }
}

/** Registers a histogram whose children are cells. */
export function histogramOf(register: Registry, declaration: MetricDeclaration): Children<HistogramCell> {
  return new CellHistogram(register, declaration).children
}
