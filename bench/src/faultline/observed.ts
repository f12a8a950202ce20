/** What is observed of services just now. */
export interface Observed {
  metrics: boolean;
  traces: boolean;
}
