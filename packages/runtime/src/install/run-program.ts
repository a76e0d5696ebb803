import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ProgramResult {
  /** Exit status; −1 if a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  /** Both streams, in order of arrival. */
  readonly output: string;
}

/**
 * Runs a program to its end and collects its output.
 *
 * @returns `undefined` if there is no such program.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { directory?: string; environment?: Readonly<Record<string, string>> } = {},
): Promise<ProgramResult | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.directory,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
    child.on('close', (code) => {
      resolve({ status: code ?? -1, stdout, output });
    });
  });
}

/** The last lines of a program's output, for a message. */
export function lastLines(output: string, count = 8): string {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
