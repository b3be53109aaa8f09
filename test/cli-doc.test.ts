import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Command } from '../src/cli/command.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { commandHelp, overview } from '../src/cli/help.ts'

const DOC = resolve(import.meta.dirname, '../docs/cli.md')

const HEAD = `# Command line

In a checkout \`npm run -s keddah -- …\` stands for \`keddah …\`. This page is what \`--help\` prints; a test keeps it equal
(\`npx vitest run test/cli-doc.test.ts -u\` writes it anew).
`

const section = (command: Command): string =>
  `## keddah ${command.words.join(' ')}\n\n\`\`\`\n${commandHelp(command)}\`\`\`\n`

test('docs/cli.md is what --help prints', async () => {
  const page = [HEAD, `\`\`\`\n${overview(COMMANDS, null)}\`\`\`\n`, ...COMMANDS.map(section)].join('\n')
  await expect(page).toMatchFileSnapshot(DOC)
})
