import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linkedOrigins, startBrowser, type Visit, visit, whyNoBrowser } from '../support/hadoop/browser.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

const noBrowser = whyNoBrowser()
if (noBrowser !== null) process.stderr.write(`skipped: ${noBrowser}\n`)

const SECRET = randomBytes(32).toString('base64')

/** The browser is signed in at a proxy, as in config/examples/behind-a-proxy.yaml, whose headers it sends here. */
withHadoop('the pages of Hadoop in a browser', (hadoop) => {
  describe.skipIf(noBrowser !== null)('that reaches Keddah alone', () => {
    let browser: Browser
    let keddah: Keddah
    let folder = ''
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'keddah-browser-'))
      const secretFile = join(folder, 'proxy.secret')
      writeFileSync(secretFile, SECRET, { mode: 0o600 })
      const proxy = {
        kind: 'trustedHeader',
        header: 'X-Remote-User',
        peers: ['127.0.0.1'],
        secretHeader: 'X-Proxy-Secret',
        secretFile,
      }
      keddah = await startKeddah({
        hadoop,
        services: [
          { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode },
          { name: 'resourcemanager', kind: 'resourcemanager', upstream: hadoop.resourceManager },
        ],
        policy: POLICY,
        settings: { identity: { authenticators: [proxy] } },
      })
      browser = await startBrowser()
    })
    afterAll(async () => {
      await browser?.close()
      await keddah?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    /** Opens a page as a user and waits until it asks for nothing more. */
    const open = async (user: string, url: string): Promise<Visit> => {
      const opened = await visit(browser, { 'X-Remote-User': user, 'X-Proxy-Secret': SECRET })
      await opened.page.goto(url)
      await opened.page.waitForLoadState('networkidle')
      return opened
    }
    // The ResourceManager writes its own web address into the links to the pages of applications.
    const ofApplications = new RegExp(
      `^http://localhost:${new URL(hadoop.resourceManager).port}/(?:proxy|cluster/app)/`,
    )
    const stays = async ({ page, wrong, origins }: Visit): Promise<void> => {
      const here = new Set([new URL(page.url()).origin])
      expect(wrong).toEqual([])
      expect(origins).toEqual(here)
      expect(await linkedOrigins(page, ofApplications)).toEqual(here)
    }

    test.each(['/', '/dfshealth.html#tab-overview', '/dfshealth.html#tab-startup-progress'])(
      'the page %s of the NameNode loads for an operator',
      async (path) => {
        const opened = await open('root', keddah.url('namenode') + path)
        await stays(opened)
        expect(await opened.page.title()).toBe('Namenode information')
        await opened.page.context().close()
      },
    )

    test.each([
      '/cluster',
      '/cluster/apps',
      '/cluster/apps/RUNNING',
      '/cluster/scheduler',
      '/cluster/cluster',
    ])('the page %s of the ResourceManager loads for alice, under her name', async (path) => {
      const opened = await open('alice', keddah.url('resourcemanager') + path)
      await stays(opened)
      expect(await opened.page.locator('body').textContent()).toContain('Logged in as: alice')
      await opened.page.context().close()
    })

    test('the file browser lists a folder, takes a file and gives it back', async () => {
      const content = randomBytes(50_000)
      const file = join(folder, 'from-browser.bin')
      writeFileSync(file, content)
      const opened = await open('root', `${keddah.url('namenode')}/explorer.html#/open`)
      const { page } = opened
      await page.locator('#modal-upload-file-input').setInputFiles(file)
      await page.locator('#modal-upload-file-button').dispatchEvent('click')
      const row = page.locator('.explorer-browse-links', { hasText: 'from-browser.bin' })
      await row.click()
      await stays(opened)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('#file-info-download').click(),
      ])
      expect(new URL(download.url()).origin).toBe(keddah.url('namenode'))
      expect(readFileSync(await download.path()).equals(content)).toBe(true)
      await page.context().close()
    })

    test('mallory gets to see no page at all', async () => {
      const opened = await open('mallory', `${keddah.url('namenode')}/explorer.html`)
      expect(opened.wrong).toEqual([`${keddah.url('namenode')}/explorer.html: 403`])
      expect(await opened.page.locator('body').textContent()).not.toContain('Browse Directory')
      await opened.page.context().close()
    })
  })
})
