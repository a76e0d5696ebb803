/**
 * A count with an SI prefix: `4.089 G`, `300.8 M`, `24.7 k`, `512`.
 *
 * @param count - such as operations or parameters; not negative
 */
export function countText(count: number): string {
  if (count >= 1e15) return `${significant(count / 1e15)} P`;
  if (count >= 1e12) return `${significant(count / 1e12)} T`;
  if (count >= 1e9) return `${significant(count / 1e9)} G`;
  if (count >= 1e6) return `${significant(count / 1e6)} M`;
  if (count >= 1e3) return `${significant(count / 1e3)} k`;
  return String(Math.round(count));
}

/** A share in [0, 1], or above, in percent: `57.6 %`. Percentages appear only in printed text. */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Milliseconds with digits that suit the size: `0.42 ms`, `13.1 ms`, `250 ms`. */
export function millisecondsText(ms: number): string {
  return `${ms < 1 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** A duration: `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(1) : value.toFixed(3);
}
