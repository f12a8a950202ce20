import { type Scenario, writtenPath } from '@faultline/contracts';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { ScenarioSource } from './scenario-source';

/** Finds lines of a scenario file for complaints that come after it was parsed. */
export function scenarioSource(file: string, text: string, scenario: Scenario): ScenarioSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  return {
    file,
    lineOf(of) {
      const path = writtenPath(scenario, of);
      // What `--set` added stands in no line; its nearest parent does.
      for (let depth = path.length; depth > 0; depth -= 1) {
        const node: unknown = document.getIn(path.slice(0, depth), true);
        if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
      }
      return 1;
    },
  };
}
