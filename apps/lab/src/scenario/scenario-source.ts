/** Where complaints about a scenario point. */
export interface ScenarioSource {
  file: string;
  /** Line of the deepest part of the path that the file has. */
  lineOf(path: readonly (string | number)[]): number;
}
