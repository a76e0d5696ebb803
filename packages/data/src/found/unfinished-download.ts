import { imageExtensions } from '../folders/image-names.js';

/** Endings that browsers and other programs give to files as long as they download them. */
const ENDINGS =
  /\.(part|partial|filepart|crdownload|opdownload|download|downloading|incomplete|aria2|gstmp|!ut|!qb)$/i;
/** Endings of temporary files, which may be something else. */
const TEMPORARY = /\.(tmp|temp)$/i;
const WHOLE = ['.tar', '.tgz', '.parquet', '.zip', ...imageExtensions];

/** Whether a file is named as one that is not downloaded as a whole, such as `train-000001.tar.part`. */
export function isUnfinishedName(name: string): boolean {
  if (ENDINGS.test(name)) return true;
  const whole = name.replace(TEMPORARY, '').toLowerCase();
  return whole.length < name.length && WHOLE.some((end) => whole.endsWith(end) || whole.includes(`${end}.`));
}
