import { Counter, Gauge, Histogram } from 'prom-client'
import type { CellRegistry, Family } from './cell-registry.ts'
import type { GaugeDeclaration, MetricDeclaration } from './declarations.ts'
import type { Series } from './merge.ts'

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

  get values(): readonly number[] {
    return [this.value]
  }
}

/** A gauge that is counted up and down. */
export interface UpAndDown {
  inc(): void
  dec(): void
}

/** Counts a series up and down. */
export const upAndDown = (cell: NumberCell): UpAndDown => ({
  inc: () => {
    cell.value += 1
  },
  dec: () => {
    cell.value -= 1
  },
})

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

  get values(): readonly number[] {
    return [...this.counts, this.sum]
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

/** `before` runs whenever the series are read, to bring them up to date. */
function familyOf<C extends Series>(
  { name, type, merge = 'sum' }: MetricDeclaration,
  children: Children<C>,
  before: (children: Children<C>) => void = () => {},
): Family {
  const read = (): Series[] => {
    before(children)
    return children.all().map(({ labels, values }) => ({ labels, values }))
  }
  return { name, type, merge, read }
}

type Before = (children: Children<NumberCell>) => void

/** Registers a counter whose children are cells; `before` runs at every scrape, to bring them up to date. */
export function counterOf(
  register: CellRegistry,
  declaration: MetricDeclaration,
  before?: Before,
): Children<NumberCell> {
  const children = new Children(declaration.labels, (labels) => new NumberCell(labels))
  const family = familyOf(declaration, children, before)
  register.add(family)
  const counter: Counter = new Counter({
    name: declaration.name,
    help: declaration.help,
    labelNames: [...declaration.labels],
    registers: [register],
    collect() {
      counter.reset()
      for (const { labels, values } of register.merged(family)) counter.inc({ ...labels }, values[0])
    },
  })
  if (declaration.labels.length === 0) children.child()
  return children
}

/** Registers a gauge whose children are cells; `before` runs at every scrape, to bring them up to date. */
export function gaugeOf(
  register: CellRegistry,
  declaration: GaugeDeclaration,
  before?: Before,
): Children<NumberCell> {
  const children = new Children(declaration.labels, (labels) => new NumberCell(labels))
  const family = familyOf(declaration, children, before)
  register.add(family)
  const gauge: Gauge = new Gauge({
    name: declaration.name,
    help: declaration.help,
    labelNames: [...declaration.labels],
    registers: [register],
    collect() {
      gauge.reset()
      for (const { labels, values } of register.merged(family)) gauge.set({ ...labels }, values[0] ?? 0)
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
  readonly #register: CellRegistry
  readonly #family: Family

  constructor(register: CellRegistry, declaration: MetricDeclaration) {
    const buckets = declaration.buckets ?? []
    super({
      name: declaration.name,
      help: declaration.help,
      labelNames: [...declaration.labels],
      buckets: [...buckets],
      registers: [register],
    })
    this.#declaration = declaration
    this.#register = register
    this.children = new Children(declaration.labels, (labels) => new HistogramCell(labels, buckets))
    this.#family = familyOf(declaration, this.children)
    register.add(this.#family)
    if (declaration.labels.length === 0) this.children.child()
  }

  async getForPromString(): Promise<{ name: string; help: string; type: string; values: Sample[] }> {
    const { name, help, buckets = [] } = this.#declaration
    const values = this.#register.merged(this.#family).flatMap((series): Sample[] => {
      const sharedLabels = { ...series.labels }
      const counts = series.values.slice(0, -1)
      let count = 0
      const samples = [...buckets, '+Inf'].map((le, index): Sample => {
        count += counts[index] ?? 0
        return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count }
      })
      samples.push({ metricName: `${name}_sum`, labels: {}, sharedLabels, value: series.values.at(-1) ?? 0 })
      samples.push({ metricName: `${name}_count`, labels: {}, sharedLabels, value: count })
      return samples
    })
    return { name, help, type: 'histogram', values }
  }
}

/** Registers a histogram whose children are cells. */
export function histogramOf(register: CellRegistry, declaration: MetricDeclaration): Children<HistogramCell> {
  return new CellHistogram(register, declaration).children
}
