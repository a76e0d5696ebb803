/** All of the outside world that a command sees, so that a test can be one. */
export interface CommandIo {
  /** Writes lines of result. */
  out(text: string): void;
  /** Writes lines of progress, remarks and errors. */
  err(text: string): void;
  /** Overwrites the terminal's current line; an empty text clears it. Does nothing where {@link isTerminal} is false. */
  redraw(text: string): void;
  /** Whether somebody watches what {@link err} writes. */
  readonly isTerminal: boolean;
  /** Width of a line. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock. */
  now(): number;
  /** Calls the listener at the first Ctrl-C; the second ends the process at once. Returns how to stop listening. */
  onInterrupt(listener: () => void): () => void;
  /** Runs this command again in a new process, with these variables beside the present ones; answers its exit code. */
  respawn(env: Readonly<Record<string, string>>): Promise<number>;
}
