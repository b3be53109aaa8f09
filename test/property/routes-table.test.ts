import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CustomRoute, createRouteTable } from '../../src/routes/table.ts'
import { canonicalTarget } from '../../src/routes/target.ts'

const METHODS = ['GET', 'PUT', 'POST', 'DELETE']

const step = fc.constantFrom('a', 'b', 'c', '{one}', '{two}')
const route: fc.Arbitrary<CustomRoute> = fc
  .record({
    steps: fc.array(step, { maxLength: 4 }),
    isOpen: fc.boolean(),
    methods: fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1 }),
    service: fc.constantFrom('k.1', 'k.2', 'k.3', 'k.4'),
  })
  .map(({ steps, isOpen, methods, service }) => ({
    path: `/${[...steps, ...(isOpen ? ['{path}'] : [])].join('/')}`,
    methods,
    service,
    surface: 'rest',
    takesForm: false,
  }))

const request = fc.record({
  method: fc.constantFrom(...METHODS, 'HEAD', 'TRACE'),
  segments: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 }),
})

/** The slow twin: one pattern after the other, each segment by segment. */
function matches(path: string, segments: readonly string[]): boolean {
  const steps = path.split('/').filter((part) => part !== '')
  const isOpen = steps.at(-1) === '{path}'
  if (isOpen) steps.pop()
  if (isOpen ? segments.length < steps.length : segments.length !== steps.length) return false
  return steps.every((wanted, index) => wanted.startsWith('{') || wanted === segments[index])
}

function slowAnswer(routes: readonly CustomRoute[], method: string, segments: readonly string[]): string {
  const candidates = routes.filter(({ path }) => matches(path, segments))
  if (candidates.length === 0) return 'unlisted'
  const asked = method === 'HEAD' ? 'GET' : method
  return candidates.find(({ methods }) => methods.includes(asked))?.service ?? 'method'
}

test('a table answers as if its routes were tried one after the other', () => {
  fc.assert(
    fc.property(
      fc.array(route, { maxLength: 8 }),
      fc.array(request, { minLength: 1, maxLength: 20 }),
      (routes, requests) => {
        const table = createRouteTable('custom', routes)
        for (const { method, segments } of requests) {
          const match = table.match(method, canonicalTarget(`/${segments.join('/')}`))
          const answer = match.kind === 'route' ? match.route.service : match.kind
          expect(answer, `${method} /${segments.join('/')}`).toBe(slowAnswer(routes, method, segments))
        }
      },
    ),
    { numRuns: 500 },
  )
})
