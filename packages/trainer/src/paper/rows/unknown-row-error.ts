/** A row id that is none of the paper's. */
export class UnknownRowError extends Error {
  override readonly name = 'UnknownRowError';
  readonly code = 'DMNN_UNKNOWN_ROW';
  /** Ids that look like it, nearest first; may be empty. */
  readonly suggestions: readonly string[];

  constructor(id: string, suggestions: readonly string[]) {
    const meant = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
    super(
      `row: expected the id of a row of the paper's tables, got '${id}'.${meant} List them with 'dmnn tables'.`,
    );
    this.suggestions = suggestions;
  }
}
