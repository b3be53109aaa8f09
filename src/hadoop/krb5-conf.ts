const SECTION = /^\[([^\]]*)\]/
const DEFAULT_REALM = /^default_realm\s*=\s*(?:"([^"]*)"|(\S+))\s*$/

/**
 * The default realm that a krb5.conf names.
 *
 * Shape: the first `default_realm` that stands in `[libdefaults]` itself, not in a group within it; null where none
 * does. Other files that it includes are not looked at, and no name service is asked (D-20).
 * Source: krb5.conf(5) of MIT Kerberos; sun.security.krb5.Config#getDefaultRealm.
 */
export function defaultRealmOf(text: string): string | null {
  let section = ''
  let depth = 0
  for (const written of text.split(/\r?\n/)) {
    const line = written.trim()
    if (line.startsWith('#') || line.startsWith(';')) continue
    const opened = SECTION.exec(line)
    if (opened !== null) {
      section = opened[1]?.trim() ?? ''
      depth = 0
    } else if (line.startsWith('}')) depth -= 1
    else if (/=\s*\{$/.test(line)) depth += 1
    else if (section === 'libdefaults' && depth === 0) {
      const [, quoted, plain] = DEFAULT_REALM.exec(line) ?? []
      const realm = quoted ?? plain ?? ''
      if (realm !== '') return realm
    }
  }
  return null
}
