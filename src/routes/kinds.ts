/** Every kind of daemon that has routes of its own, and `custom`, whose routes are in the settings. */
export const SERVICE_KINDS = [
  'namenode',
  'datanode',
  'journalnode',
  'router',
  'httpfs',
  'kms',
  'resourcemanager',
  'nodemanager',
  'timelineserver',
  'jobhistory',
  'custom',
] as const

/** A kind of daemon: it decides on the routes and their policy keys. */
export type ServiceKind = (typeof SERVICE_KINDS)[number]

const KNOWN: ReadonlySet<string> = new Set(SERVICE_KINDS)

/** Reports whether a text names a kind of daemon, letter by letter. */
export const isServiceKind = (text: string): text is ServiceKind => KNOWN.has(text)
