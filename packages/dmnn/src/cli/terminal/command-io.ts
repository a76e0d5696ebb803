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
  /**
   * Calls the listener at the first Ctrl-C, `kill` or hang-up; the second ends the process at once. Returns a function that
   * stops listening.
   */
  onInterrupt(listener: () => void): () => void;
  /**
   * Whether what computes is to run in a process of its own, so that this one answers signals meanwhile.
   * @defaultValue false
   */
  readonly separate?: boolean | undefined;
  /**
   * Runs this command again in a new process with additional environment variables; returns its exit code.
   *
   * @param say - takes a remark for the user
   */
  respawn(env: Readonly<Record<string, string>>, say: (text: string) => void): Promise<number>;
}

/** The same without remarks. */
export function quiet(io: CommandIo): CommandIo {
  return { ...io, err: () => undefined };
}
