#!/usr/bin/env node
// A dynamic import, so that a program that cannot even be loaded says why: a static one would fail before the first line.
try {
  const { main } = await import('../dist/cli/main.js');
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
  const remedy =
    error.code === 'EMFILE' ? 'Raise the limit of open files: ulimit -n 1024.' : 'Install dmnn again.';
  process.stderr.write(`dmnn: expected its own files to be readable, got ${error.message}. ${remedy}\n`);
  process.exitCode = 1;
}
