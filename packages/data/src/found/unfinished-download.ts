/** Endings that browsers and other programs give to files as long as they download them. */
const ENDINGS =
  /\.(part|partial|filepart|crdownload|opdownload|download|downloading|incomplete|aria2|gstmp|!ut|!qb)$/i;
/** Endings of temporary files, which may be something else, behind those of images, archives and tables. */
const TEMPORARY = /\.(tar(\.\w+)?|tgz|zip|parquet|jpe?g|jpe|jfif|png|webp|gif|tiff?|avif)\.(tmp|temp)$/i;

/** Whether a file is named as one that is not downloaded as a whole, such as `train-000001.tar.part`. */
export function isUnfinishedName(name: string): boolean {
  return ENDINGS.test(name) || TEMPORARY.test(name);
}
