import { ADMIN_FLAGS, adminTarget, askAdmin, refusalText } from './admin-client.ts'
import { type Command, EXIT } from './command.ts'
import { permissionsText } from './permissions-text.ts'
import { writeJson } from './report.ts'

/** `keddah perm list`: how each component is verified. */
export const permList: Command = {
  words: ['perm', 'list'],
  summary: 'show which components verify permissions, and what decides',
  usage: '[--admin URL]',
  about: `
Asks a running instance how the permissions of each component are verified: whether verification is required, whether it
can be enabled and disabled in this mode, whether Ranger is enabled, and what decides in the end. Without \`mode\` in the
settings permission verification is off.`,
  flags: ADMIN_FLAGS,
  maxPositionals: 0,
  examples: ['keddah perm list', 'keddah perm list --json'],
  refused: 'no instance was asked',
  async run(flags, io) {
    const target = await adminTarget(flags, io)
    const answer = await askAdmin(target, 'GET', '/admin/v1/permissions')
    if (flags.has('json')) await writeJson(io, answer.body)
    else if (answer.status === 200) await io.stdout.write(permissionsText(answer.body))
    if (answer.status === 200) return EXIT.done
    await io.stderr.write(`keddah: ${refusalText(answer, target)}\n`)
    return EXIT.refused
  },
}
