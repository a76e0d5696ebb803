/** Everything outside the process that a command uses, so that tests can replace it. */
export interface CommandIo {
  /** Writes lines of result. */
  out(text: string): void;
  /** Writes lines of progress, remarks and errors. */
  err(text: string): void;
  /** Overwrites the terminal's current line; an empty text clears it. Does nothing where {@link isTerminal} is false. */
  redraw(text: string): void;
  /** Whether {@link err} writes to a terminal. */
  readonly isTerminal: boolean;
  /** Width of a line, in characters. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock. */
  now(): number;
  /** Calls the listener at the first Ctrl-C; the second ends the process at once. Returns a function that stops listening. */
  onInterrupt(listener: () => void): () => void;
  /** Runs this command again in a new process with additional environment variables; returns its exit code. */
  respawn(env: Readonly<Record<string, string>>): Promise<number>;
}
