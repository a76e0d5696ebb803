import type { CommandIo } from './terminal/command-io.js';
import type { ExitCode } from './terminal/exit-code.js';

/** What a command needs to join the program. */
export interface CommandContext {
  readonly io: CommandIo;
  /** Takes a command's exit code when it has one. */
  readonly finish: (code: ExitCode | Promise<ExitCode>) => Promise<void>;
}
