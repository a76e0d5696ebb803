/**
 * Whether what is printed may hold more than ASCII: the locale says UTF-8, or a terminal of Windows that knows it.
 *
 * @param env - of the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty
 */
export function readsUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  if (locale !== undefined) return /utf-?8/i.test(locale);
  return env['WT_SESSION'] !== undefined || env['TERM_PROGRAM'] === 'vscode';
}
