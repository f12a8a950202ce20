/** Where runs are kept unless `--runs` says otherwise. In a file of its own, which loads nothing. */
export const RUNS_DIRECTORY = 'runs';
