/** A data set that nobody here knows. */
export class UnknownDatasetError extends Error {
  override readonly name = 'UnknownDatasetError';
  /** Tells it from other errors across copies of this package. */
  readonly code = 'DMNN_UNKNOWN_DATASET';
  /** What was asked for. */
  readonly spec: string;
  /** The nearest forms that exist; empty where none is near. */
  readonly suggestions: readonly string[];

  constructor(spec: string, suggestions: readonly string[], known: readonly string[]) {
    const near = suggestions.length > 0 ? ` Did you mean ${suggestions.join(' or ')}?` : '';
    super(`data: expected ${known.join(' or ')}, got ${JSON.stringify(spec)}.${near}`);
    this.spec = spec;
    this.suggestions = suggestions;
  }
}
