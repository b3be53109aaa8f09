import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = join(import.meta.dirname, '../../conformance/cases/servicedefs.json')

/** The definitions that the cases are written for, as Ranger Admin sends them: `hdfs`, `yarn`, `hivelike`. */
export const SERVICE_DEFS: ReadonlyMap<string, object> = new Map(
  Object.entries(
    (JSON.parse(readFileSync(FILE, 'utf8')) as { readonly serviceDefs: Readonly<Record<string, object>> })
      .serviceDefs,
  ),
)
