/** Where studies are kept unless `--studies` says otherwise. */
export const STUDIES_DIRECTORY = 'studies';
