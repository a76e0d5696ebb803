/** Replaces characters that XML does not allow (control characters, unpaired surrogates) by �. */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex -- matches control characters on purpose
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
}
