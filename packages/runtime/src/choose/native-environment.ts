/**
 * Environment variables for starting a process that will use the native backend: they make glibc keep freed memory,
 * which it otherwise returns to the kernel at every free of a big tensor (page faults then dominate element-wise
 * operations), and suppress the greeting of libtensorflow.
 *
 * A build by {@link installNativeBackend} does the same when it is loaded; for an installed tfjs-node this is
 * the only way, since glibc reads its variables at the start of a process. Empty where there is no glibc.
 */
export function nativeEnvironment(): Record<string, string> {
  if (!usesGlibc()) return {};
  return {
    MALLOC_MMAP_THRESHOLD_: '4294967296',
    MALLOC_TRIM_THRESHOLD_: '17179869184',
    MALLOC_TOP_PAD_: '268435456',
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
}

/** Whether this process runs on the GNU C library. */
export function usesGlibc(): boolean {
  if (process.platform !== 'linux') return false;
  (process.report as { excludeNetwork?: boolean }).excludeNetwork = true; // it would look up names
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}
