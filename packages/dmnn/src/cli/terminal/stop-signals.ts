/** Signals that ask a command to stop: Ctrl-C, `kill`, and a terminal that closes. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
