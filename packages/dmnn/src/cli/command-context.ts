import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';

/** What a command needs to join the program. */
export interface CommandContext {
  readonly io: CommandIo;
  /** Takes a command's exit code when it has one. */
  readonly finish: (code: ExitCode | Promise<ExitCode>) => Promise<void>;
}
