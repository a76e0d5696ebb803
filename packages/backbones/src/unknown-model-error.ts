/** A model name that fits no pattern of the zoo. */
export class UnknownModelError extends Error {
  override readonly name = 'UnknownModelError';
  readonly code = 'DMNN_UNKNOWN_MODEL';
  /** What was asked for. */
  readonly model: string;
  /** Names of the zoo that look like it, nearest first; may be empty. */
  readonly suggestions: readonly string[];

  constructor(model: string, suggestions: readonly string[], patterns: readonly string[]) {
    const meant = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
    super(
      `model: expected a name of the zoo, got '${model.slice(0, 100)}'.${meant} Names are ${patterns.join(', ')}.`,
    );
    this.model = model;
    this.suggestions = suggestions;
  }
}
