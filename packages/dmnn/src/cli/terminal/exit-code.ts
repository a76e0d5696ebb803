/** How a command ended: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** Everything asked for was done. */
export const DONE = 0;
/** The request was sound, the work was not: a damaged file, a full disk, no backend. */
export const FAILED = 1;
/** The request itself was wrong: an unknown name, option or value. */
export const WRONG_USE = 2;
/** Stopped by Ctrl-C after the running step, with everything saved; 128 + SIGINT. */
export const INTERRUPTED = 130;
