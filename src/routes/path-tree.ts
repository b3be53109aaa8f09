import type { Pattern } from './pattern.ts'

/** Something that answers paths of a pattern. */
export interface Rule<V> {
  readonly pattern: Pattern
  readonly value: V
}

/** Where a path may be after some segments: what answers if it ends here, and where it can go from here. */
interface Place<V, E> {
  readonly end: E | null
  readonly literals: ReadonlyMap<string, Place<V, E>>
  readonly other: Place<V, E> | null
}

/** A rule, and how many of its steps are taken. */
interface Position<V> {
  readonly rule: Rule<V>
  readonly taken: number
}

/**
 * Finds what answers a path in one step per segment: all rules are followed at once while the tree is built, so that
 * nothing is tried and taken back when a path is looked up.
 */
export class PathTree<V, E> {
  readonly #root: Place<V, E>

  /** `rules` are in the order in which they are tried; `finish` makes one answer of those that match a path. */
  constructor(rules: readonly Rule<V>[], finish: (values: readonly V[]) => E) {
    this.#root = build(
      rules.map((rule) => ({ rule, taken: 0 })),
      finish,
    )
  }

  /** The answer for a path; null where no rule matches it. */
  find(segments: readonly string[]): E | null {
    let place: Place<V, E> = this.#root
    for (const segment of segments) {
      const next = place.literals.get(segment) ?? place.other
      if (next === place) break
      if (next === null) return null
      place = next
    }
    return place.end
  }
}

const isThrough = <V>({ rule, taken }: Position<V>): boolean => taken === rule.pattern.steps.length

function build<V, E>(positions: readonly Position<V>[], finish: (values: readonly V[]) => E): Place<V, E> {
  const ended = positions.filter(isThrough)
  const end = ended.length === 0 ? null : finish(ended.map(({ rule }) => rule.value))
  const underway = positions.filter((position) => !isThrough(position))
  const literals = new Map<string, Place<V, E>>()
  const place = { end, literals, other: null as Place<V, E> | null }
  const after = (segment: string | null): readonly Position<V>[] =>
    positions.flatMap((at) => step(at, segment))
  for (const { rule, taken } of underway) {
    const literal = rule.pattern.steps[taken]
    if (typeof literal === 'string' && !literals.has(literal))
      literals.set(literal, build(after(literal), finish))
  }
  const others = after(null)
  const staysHere = underway.length === 0 && others.length === positions.length
  if (staysHere && others.length > 0) place.other = place
  else if (others.length > 0) place.other = build(others, finish)
  return place
}

/** Where a rule is after one more segment: a text of some rule, or any other one (null); nowhere if it ends. */
function step<V>(position: Position<V>, segment: string | null): readonly Position<V>[] {
  const { rule, taken } = position
  if (isThrough(position)) return rule.pattern.isOpen ? [position] : []
  const wanted = rule.pattern.steps[taken]
  return wanted === null || wanted === segment ? [{ rule, taken: taken + 1 }] : []
}
