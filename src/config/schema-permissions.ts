import * as z from 'zod'
import { type Component, componentNamed, type Mode } from '../policy/components.ts'
import { ranger, type RangerSettings } from './schema-ranger.ts'
import { flag, oneOf, text } from './values.ts'

/** How one component is verified, as written. What is undefined is as the mode and the component have it. */
export interface ComponentSettings {
  readonly verification?: 'required' | 'notRequired' | undefined
  readonly fallback?: 'native' | 'deny' | undefined
  readonly unknownOp: 'native' | 'deny'
  readonly queueNames?: 'full' | 'asSubmitted' | undefined
  readonly queues?: Readonly<Record<string, string>> | undefined
  readonly ranger?: RangerSettings | undefined
}

/** What a role may do: these accesses to a resource and to what is below it. */
export interface GrantSettings {
  readonly component: Component
  readonly resource: string
  readonly access: readonly string[]
}

/** Who has a role. */
export interface RoleBindingSettings {
  readonly role: string
  readonly users: readonly string[]
  readonly groups: readonly string[]
}

/** Permission verification, as written. `mode` undefined: it is off, and nothing else of this is there. */
export interface PermissionSettings {
  readonly mode?: Mode | undefined
  readonly cluster: { readonly upgraded: boolean }
  readonly components: Readonly<Partial<Record<Component, ComponentSettings>>>
  readonly roles: Readonly<Record<string, { readonly grants: readonly GrantSettings[] }>>
  readonly roleBindings: readonly RoleBindingSettings[]
}

const COMPONENT = 'has to be the name of a component, such as `HDFS`'

/** The name of a component in whatever case; canonical once read. */
export const componentName: z.ZodType<Component, string> = z
  .string({ error: COMPONENT })
  .meta({ title: 'component' })
  // Of a name that is none the check of the whole document tells, and says which one was meant.
  .transform((written) => componentNamed(written) ?? z.NEVER)

const component: z.ZodType<ComponentSettings> = z.strictObject({
  verification: oneOf(['required', 'notRequired'])
    .optional()
    .describe(
      'Whether permissions are verified without Ranger. Left out: as the table has it; in security mode always.',
    ),
  fallback: oneOf(['native', 'deny'])
    .optional()
    .describe(
      "What counts where Ranger's policies say nothing: the permissions of the component, or a refusal. Left out: `native` for HDFS and Yarn, else `deny`.",
    ),
  unknownOp: oneOf(['native', 'deny'])
    .prefault('deny')
    .describe('The same for an operation of which nobody can say what it does.'),
  queueNames: oneOf(['full', 'asSubmitted'])
    .optional()
    .describe(
      'Of Yarn: how policies and roles name queues. `full`, which counts where it is left out: by the path from the root; a queue that is submitted by a shorter name has to stand in `queues`, or `unknownOp` decides. `asSubmitted`: as applications name them; of the full name only denials count then.',
    ),
  queues: z
    .record(text, text, { error: 'has to be a map of queues, such as `etl: root.prod.etl`' })
    .optional()
    .meta({ title: 'map by short name' })
    .describe(
      'Of Yarn: the full name of each queue that applications name by a shorter one. `default` is what an application is submitted to that names none.',
    ),
  ranger: ranger.optional().describe("Ranger's policies for it."),
})

const grant: z.ZodType<GrantSettings> = z.strictObject({
  component: componentName.describe('Component of the resource.'),
  resource: text.describe('A path or a queue, and all that is below it; `*` and `?` are wildcards.'),
  access: z
    .array(text, { error: 'has to be a list of accesses' })
    .min(1, { error: 'has to name an access' })
    .describe(
      'What is granted, in the words of Ranger: `read`, `write`, `execute`; `submit-app`, `admin-queue`.',
    ),
})

const role = z.strictObject({
  grants: z.array(grant, { error: 'has to be a list of grants' }).describe('What the role may do.'),
})

const names = (what: string): z.ZodType<readonly string[], string[] | undefined> =>
  z.array(text, { error: `has to be a list of ${what}` }).default([])

const roleBinding: z.ZodType<RoleBindingSettings> = z.strictObject({
  role: text.describe('A role of `roles`.'),
  users: names('users').describe('Users who have it.'),
  groups: names('groups').describe('Groups whose members have it.'),
})

const COMPONENTS = 'has to be a map of components, such as `HDFS: {…}`'
const ROLES = 'has to be a map of roles by name'

/** The settings of permission verification; they stand at the top of the file. */
export const permissions: {
  readonly [Key in keyof PermissionSettings]-?: z.ZodType<PermissionSettings[Key]>
} = {
  mode: oneOf(['security', 'normal'])
    .optional()
    .describe(
      'How the cluster authenticates, by which components verify permissions. Left out: no permissions are verified, only the lists of the services count.',
    ),
  cluster: z
    .strictObject({
      upgraded: flag
        .default(false)
        .describe('Whether it was upgraded from a version without Ranger: then Ranger is not on by itself.'),
    })
    .prefault({})
    .describe('What is known of the cluster as a whole.'),
  components: z
    .record(z.string(), component, { error: COMPONENTS })
    .prefault({})
    .meta({ title: 'map by component' })
    .transform(canonical)
    .describe('How the permissions of each component are verified. Left out: as the mode has it.'),
  roles: z
    .record(z.string(), role, { error: ROLES })
    .prefault({})
    .meta({ title: 'map by name' })
    .describe('The role model, which decides where permissions are verified without Ranger.'),
  roleBindings: z
    .array(roleBinding, { error: 'has to be a list of bindings' })
    .prefault([])
    .describe('Who has which role.'),
}

/** Names that are none are left out here: the check of the whole document has told of them. */
function canonical(written: Readonly<Record<string, ComponentSettings>>): PermissionSettings['components'] {
  const components: Partial<Record<Component, ComponentSettings>> = {}
  for (const [name, settings] of Object.entries(written)) {
    const known = componentNamed(name)
    if (known !== null) components[known] = settings
  }
  return components
}
