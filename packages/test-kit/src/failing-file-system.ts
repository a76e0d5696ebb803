/** A file system whose calls fail like real ones if `when` says so; all others are passed to `real`. */
export function failingFileSystem<T extends object>(
  real: T,
  code: string,
  when: (operation: keyof T, path: string) => boolean,
): T {
  const operations = Object.entries(real).map(([operation, run]) => [
    operation,
    async (path: string, ...rest: unknown[]): Promise<unknown> => {
      if (when(operation as keyof T, path)) {
        throw Object.assign(new Error(`${code}: failed in a test, ${operation} '${path}'`), { code });
      }
      return (run as (...values: unknown[]) => Promise<unknown>)(path, ...rest);
    },
  ]);
  return Object.fromEntries(operations) as T;
}
