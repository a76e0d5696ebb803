/** A request that cannot be meant: an unknown option, a value out of range. The message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'DMNN_USAGE';
  /** Names near the one given, nearest first. */
  readonly suggestions: readonly string[];

  constructor(message: string, suggestions: readonly string[] = []) {
    super(suggestions.length > 0 ? `${message} Did you mean ${suggestions.join(', ')}?` : message);
    this.suggestions = suggestions;
  }
}
