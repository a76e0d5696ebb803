import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** How a program ended. */
export interface ProgramResult {
  /** Exit status; −1 if a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  /** Both streams, in order of arrival. */
  readonly output: string;
}

/** Options of {@link runProgram}. */
export interface ProgramOptions {
  readonly directory?: string | undefined;
  /** Variables in addition to those of this process; undefined removes one. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Ends the program and all that it started. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds that a program has to end by itself: pip removes what it was unpacking. */
const GRACE_MS = 1000;

/**
 * Runs a program to its end and collects its output. It ends with this process, as do the programs that it starts.
 *
 * @returns `undefined` if there is no such program that may be run.
 * @throws the reason of the signal, once the program is gone.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult | undefined> {
  const { directory, environment, signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: hasGroups, // the leader of a group, which can be ended as a whole
    });
    remember(child);
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      endGroup(child, 'SIGINT');
      timer = setTimeout(() => {
        endGroup(child, 'SIGKILL');
      }, GRACE_MS);
    };
    const settle = (): void => {
      forget(child);
      signal?.removeEventListener('abort', abort);
      clearTimeout(timer);
    };
    signal?.addEventListener('abort', abort);
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      if (error.code !== undefined && ['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC'].includes(error.code))
        resolve(undefined);
      else reject(error);
    });
    child.on('close', (code) => {
      settle();
      if (signal?.aborted === true) {
        endGroup(child, 'SIGKILL'); // what the program left behind
        reject(signal.reason as Error);
      } else resolve({ status: code ?? -1, stdout, output });
    });
  });
}

const hasGroups = process.platform !== 'win32';
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends a program with all that it started; does nothing if they are gone. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (hasGroups) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // gone already
  }
}

/** The programs that run. */
const running = new Set<ChildProcess>();

/** Remembers a program, to end with this process: Ctrl-C in a terminal reaches only this one's group. */
function remember(child: ChildProcess): void {
  if (running.size === 0) {
    process.on('exit', endAll);
    for (const signal of signals) process.on(signal, endWith);
  }
  running.add(child);
}

function forget(child: ChildProcess): void {
  if (!running.delete(child) || running.size > 0) return;
  process.off('exit', endAll);
  for (const signal of signals) process.off(signal, endWith);
}

function endAll(): void {
  for (const child of running) endGroup(child, 'SIGKILL');
}

/** Does what the signal does where nobody listens for it; where somebody does, they decide. */
function endWith(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  process.off(signal, endWith);
  process.kill(process.pid, signal);
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
