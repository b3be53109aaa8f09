import type { Settings } from '../config/settings.ts'
import { Locators } from '../http/redirects/locator.ts'

/**
 * The locators of the settings in force. `own` is the secret where they name none; it stays the same over refreshes, so
 * that the links that are out go on being followed.
 */
export class LocatorKeys {
  readonly #own: Uint8Array
  #made: { readonly of: Settings['locator']; readonly locators: Locators } | null = null

  constructor(own: Uint8Array) {
    this.#own = own
  }

  of({ locator }: Pick<Settings, 'locator'>): Locators {
    if (this.#made?.of === locator) return this.#made.locators
    const secrets = locator.secrets.map((secret) => secret.reveal())
    const locators = new Locators({
      secrets: secrets.length === 0 ? [this.#own] : secrets,
      lifetimeMs: locator.lifetime,
      now: () => Date.now(),
    })
    this.#made = { of: locator, locators }
    return locators
  }
}
