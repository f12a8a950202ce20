import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkScenario } from './preflight';

const EXAMPLES = join(__dirname, '../../../../examples');
const files = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));

describe('the examples', () => {
  test.each(files)('%s can be run', async (file) => {
    const { resolved } = await checkScenario(join(EXAMPLES, file), []);
    expect(file).toBe(`${resolved.name}.yaml`);
    expect(resolved.processes.filter(({ vmas }) => vmas.length === 0)).toEqual([]);
  });
});
