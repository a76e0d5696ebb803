import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

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

/**
 * What a program's output says went wrong, for a message: the lines of errors, without colours and without the calls that
 * led to them; where none is called an error, the last lines.
 *
 * @param most - number of lines
 */
export function errorLines(output: string, most = 8): string {
  const lines = stripVTControlCharacters(output)
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^\s+at .*[:)]/.test(line));
  const errors = lines.filter((line) => ERROR.test(line) && !/^\s*(throw|if|const|return) /.test(line));
  return (errors.length > 0 ? errors.slice(0, most) : lines.slice(-most)).join('\n');
}

/** `TypeError: …`, `error: …`, `x.c:3:1: fatal error: …`, `npm error …`, and libtensorflow's lines of kind E and F. */
const ERROR = /^(\S+: )?(fatal |npm )?\w*(error|exception)\b|: (fatal )?error:|^[\d-]* ?[\d:.]*: [EF] /i;
