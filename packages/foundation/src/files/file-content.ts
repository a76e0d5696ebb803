/** What a file is to hold, all of it or its parts in order; text is written as UTF-8. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;
