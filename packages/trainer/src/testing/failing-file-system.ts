import { type RunFileSystem, nodeFileSystem } from '../run/run-file-system.js';

/** A disk that fails as a system does, from the n-th call of one of its functions on, or where `when` says. */
export function failingFileSystem(
  code: string,
  when: (operation: keyof RunFileSystem, path: string) => boolean,
): RunFileSystem {
  const operations = Object.entries(nodeFileSystem).map(([operation, run]) => [
    operation,
    async (path: string, ...rest: unknown[]): Promise<unknown> => {
      if (when(operation as keyof RunFileSystem, path)) {
        throw Object.assign(new Error(`${code}: failed in a test, ${operation} '${path}'`), { code });
      }
      return (run as (...values: unknown[]) => Promise<unknown>)(path, ...rest);
    },
  ]);
  return Object.fromEntries(operations) as RunFileSystem;
}
