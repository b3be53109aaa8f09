import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGroupService } from '../../src/identity/group-service.ts'

const REFRESH = 300
const NEGATIVE = 30

type Answer = readonly string[] | null
type Step = { ask: string } | { set: string; to: Answer } | { pass: number }

const user = fc.constantFrom('alice', 'bo')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ ask: user }),
  fc.record({
    set: user,
    to: fc.constantFrom<Answer>(['eng'], ['ops'], [], null),
  }),
  fc.record({ pass: fc.constantFrom(1, 2, 29, 30, 31, 299, 300, 2_700) }),
)

/** The rules of the cache, written down as plainly as they can be: one user, one remembered answer. */
class Twin {
  readonly #memory = new Map<string, { groups: readonly string[]; at: number; failedAt: number }>()

  ask(name: string, now: number, directory: Answer): Answer {
    const known = this.#memory.get(name)
    const age = known === undefined ? Infinity : now - known.at
    const isNegative = known?.groups.length === 0
    if (known !== undefined && age < (isNegative ? NEGATIVE : REFRESH)) return known.groups
    const isOld = known !== undefined && !isNegative && age < 10 * REFRESH
    if (isOld && now - known.failedAt < 1) return known.groups
    if (directory !== null) this.#memory.set(name, { groups: directory, at: now, failedAt: -Infinity })
    else if (isOld) known.failedAt = now
    return directory ?? (isOld ? known.groups : null)
  }
}

test('the cache answers what its rules say, whatever happens in which order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let now = 0
      const directory = new Map<string, Answer>()
      const answerOf = (name: string): Answer => {
        const answer = directory.get(name)
        return answer === undefined ? ['staff'] : answer
      }
      const twin = new Twin()
      const service = createGroupService({
        provider: {
          name: 'directory',
          async groupsOf(name) {
            const answer = answerOf(name)
            if (answer === null) throw new Error('directory down')
            return answer
          },
        },
        overrides: new Map(),
        cache: { refreshMs: REFRESH * 1000, negativeMs: NEGATIVE * 1000, warnMs: 1, backgroundReload: false },
        now: () => now * 1000,
      })
      const answers: Answer[] = []
      const wanted: Answer[] = []
      for (const one of steps) {
        if ('pass' in one) now += one.pass
        else if ('set' in one) directory.set(one.set, one.to)
        else {
          answers.push(await service.groupsOf(one.ask))
          wanted.push(twin.ask(one.ask, now, answerOf(one.ask)))
        }
      }
      expect(answers).toEqual(wanted)
    }),
  )
})
