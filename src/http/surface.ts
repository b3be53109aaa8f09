import type { Surface } from '../routes/table.ts'

const BY_FIRST_SEGMENT: ReadonlyMap<string, Surface> = new Map<string, Surface>([
  ['webhdfs', 'webhdfs'],
  ['ws', 'rest'],
  ['app', 'rest'],
  ['kms', 'kms'],
])

/** How a refusal has to look for a path that no route is known for. */
export const surfaceOf = (segments: readonly string[]): Surface =>
  BY_FIRST_SEGMENT.get(segments[0] ?? '') ?? 'page'
