import { Option } from 'commander';

/** `--json`: the result as one JSON value on standard output, errors as one on standard error. */
export function jsonOption(): Option {
  return new Option('--json', 'print one JSON value instead of text');
}
